/* Tracker "@NAME@": numbers as comma-separated values in the run's folder. Every row bears the number
 * of its record, so that a resumed run drops exactly what it will write once more. */
#include "config.pb-c.h"
#include "emend/component.h"
#include "emend/protobuf_c.hpp"
#include "emend/tracker.h"
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <unistd.h>

namespace {

using Config = @C_TYPE@__Config;

constexpr char header[] = "record,step,phase,stage,name,value\n";

class Csv {
  public:
    /* The host has checked names and types of the fields; what they may be is the plugin's to say.
     */
    explicit Csv(const Config &config) : name_(config.file), path_(name_) {
        if (name_.empty() || name_[0] == '.' || name_.find('/') != std::string::npos) {
            throw emend::Failure(
                EMEND_INVALID_ARGUMENT, "file: it is \"", name_,
                "\"; it must be a plain file name, which stays in the run's folder");
        }
    }

    void begin(const EmendRunInfo &info) {
        if (file_) {
            throw emend::Failure(EMEND_PRECONDITION, path_, ": it is open; a run begins once");
        }
        path_ = std::string(emend::view(info.run_dir)) + "/" + name_;
        n_records_ = info.is_resumed ? info.resume_records : 0;
        // A new run must find no file of that name ("x"); a resumed one goes on with its own.
        if (info.is_resumed) {
            file_.reset(std::fopen(path_.c_str(), "r+e"));
        }
        if (file_) {
            cut_back();
            return;
        }
        file_.reset(std::fopen(path_.c_str(), "wxe"));
        check(file_ && std::fputs(header, file_.get()) >= 0, "it cannot be made");
    }

    void put_row(uint64_t step, EmendStr phase, EmendStr stage, const EmendScalar &scalar) {
        std::FILE *file = begun();
        std::fprintf(file, "%" PRIu64 ",%" PRIu64 ",", n_records_, step);
        for (EmendStr text : {phase, stage, scalar.name}) {
            put_quoted(emend::view(text));
            std::putc(',', file);
        }
        std::fprintf(file, "%.10g\n", scalar.value);
    }

    /* Metrics are written at once, for whoever follows the file. */
    void end_record() {
        std::FILE *file = begun();
        n_records_++;
        check(std::fflush(file) == 0 && !std::ferror(file), "it cannot be written");
    }

    void sync() {
        std::FILE *file = begun();
        check(std::fflush(file) == 0 && fsync(fileno(file)) == 0, "it cannot be synced");
    }

  private:
    struct Close {
        void operator()(std::FILE *file) const noexcept {
            std::fclose(file);
        }
    };

    void check(bool is_done, const char *what) const {
        if (!is_done) {
            const int error = errno;
            throw emend::Failure(error == ENOSPC ? EMEND_EXHAUSTED : EMEND_UNAVAILABLE, path_, ": ",
                                 what, ": ", std::strerror(error),
                                 "; the run's folder must be writable and have room");
        }
    }

    std::FILE *begun() const {
        if (!file_) {
            throw emend::Failure(EMEND_PRECONDITION, path_,
                                 ": the run has not begun; `begin` must come first");
        }
        return file_.get();
    }

    /* Cuts the file behind its header and the rows of the records that stay: later ones come once
     * more. A row without its newline was cut short when the run was. */
    void cut_back() {
        char *row = nullptr;
        size_t capacity = 0;
        off_t kept = 0;
        for (ssize_t len = 0; (len = getline(&row, &capacity, file_.get())) > 0; kept += len) {
            const bool is_whole = row[len - 1] == '\n';
            if (!is_whole || (kept > 0 && std::strtoull(row, nullptr, 10) >= n_records_)) {
                break;
            }
        }
        std::free(row);
        check(!std::ferror(file_.get()) && ftruncate(fileno(file_.get()), kept) == 0 &&
                  fseeko(file_.get(), kept, SEEK_SET) == 0,
              "its later rows cannot be dropped");
        check(kept > 0 || std::fputs(header, file_.get()) >= 0, "it cannot be written");
    }

    /* A text in quotes, those in it doubled: names hold commas, as in delta(t1,t2). */
    void put_quoted(std::string_view text) {
        std::putc('"', file_.get());
        for (char c : text) {
            if (c == '"') {
                std::putc('"', file_.get());
            }
            std::putc(c, file_.get());
        }
        std::putc('"', file_.get());
    }

    std::string name_, path_;
    std::unique_ptr<std::FILE, Close> file_; // null until the run begins
    uint64_t n_records_ = 0;
};

/* ---- what the host calls --------------------------------------------------------------------- */

EmendStatus begin(void *self, const EmendRunInfo *info, EmendError *err) noexcept {
    return emend::guard(err, [&] {
        static_cast<Csv *>(self)->begin(*info);
        return EMEND_OK;
    });
}

EmendStatus scalars(void *self, uint64_t step, EmendStr phase, EmendStr stage, EmendSpan numbers,
                    EmendError *err) noexcept {
    return emend::guard(err, [&] {
        auto &csv = *static_cast<Csv *>(self);
        for (uint64_t i = 0; i < numbers.count; i++) {
            csv.put_row(step, phase, stage,
                        *static_cast<const EmendScalar *>(emend_span_at(numbers, i)));
        }
        csv.end_record();
        return EMEND_OK;
    });
}

EmendStatus event(void *self, uint64_t /* step */, EmendStr /* name */, EmendStr /* json */,
                  EmendError *err) noexcept {
    return emend::guard(err, [&] {
        static_cast<Csv *>(self)->end_record();
        return EMEND_OK;
    });
}

EmendStatus flush(void *self, EmendError *err) noexcept {
    return emend::guard(err, [&] {
        static_cast<Csv *>(self)->sync();
        return EMEND_OK;
    });
}

constexpr EmendTracker make_table() {
    EmendTracker table{};
    table.struct_size = sizeof table;
    table.begin = begin;
    table.scalars = scalars;
    table.event = event;
    table.flush = flush;
    return table;
}
constexpr EmendTracker tracker = make_table();

EmendStatus create(EmendPlugin *plugin, EmendStr /* name */, EmendBytes bytes, void **instance,
                   const void **table, EmendError *err) noexcept {
    return emend::guard(err, [&] {
        const auto config = emend::unpack<Config>(emend_plugin_host(plugin),
                                                  @C_NAME@__config__descriptor, bytes);
        *instance = new Csv(*config);
        *table = &tracker;
        return EMEND_OK;
    });
}

void destroy(EmendPlugin * /* plugin */, void *instance) noexcept {
    delete static_cast<Csv *>(instance);
}

constexpr EmendFactory factory = {sizeof(EmendFactory), EMEND_CONCURRENCY_PARALLEL, create,
                                  destroy};

} // namespace

EMEND_DECLARE_COMPONENT("@ID@", "0.1.0", EMEND_KIND_TRACKER, factory);
