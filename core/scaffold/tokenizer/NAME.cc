/* Tokenizer "@NAME@": a token for each printable character of ASCII and for the newline, behind the
 * special tokens. It needs no files, so `load` and `save` are left out of its table. */
#include "config.pb-c.h"
#include "emend/component.h"
#include "emend/protobuf_c.hpp"
#include "emend/tokenizer.h"
#include <iomanip>
#include <string>
#include <vector>

namespace {

using Config = @C_TYPE@__Config;

class Ascii {
  public:
    /* The host has checked names and types of the fields; what they may be is the plugin's to say.
     */
    explicit Ascii(const Config &config) {
        for (size_t i = 0; i < config.n_extra_special; i++) {
            specials_.emplace_back(config.extra_special[i]);
            if (specials_.back().empty()) {
                throw emend::Failure(EMEND_INVALID_ARGUMENT, "extra_special[", i,
                                     "]: it is empty; it must have a text, such as \"<|think|>\"");
            }
        }
    }

    uint32_t vocab_size() const noexcept {
        return static_cast<uint32_t>(specials_.size()) + n_characters;
    }

    /* Hands every token of the text to `take`. */
    template <typename Take>
    void encode(std::string_view text, bool with_specials, Take take) const {
        for (size_t at = 0; at < text.size();) {
            const int32_t special = with_specials ? match_special(text.substr(at)) : -1;
            if (special >= 0) {
                take(special);
                at += specials_[static_cast<size_t>(special)].size();
            } else {
                take(character_id(text[at], at));
                at++;
            }
        }
    }

    std::string decode(const int32_t *ids, uint64_t n, bool with_specials) const {
        std::string text;
        for (uint64_t i = 0; i < n; i++) {
            if (ids[i] < 0 || static_cast<uint32_t>(ids[i]) >= vocab_size()) {
                throw emend::Failure(EMEND_OUT_OF_RANGE, "position ", i, ": the id is ", ids[i],
                                     "; it must be 0 to ", vocab_size() - 1);
            }
            const auto id = static_cast<size_t>(ids[i]);
            if (id >= specials_.size()) {
                text += character_at(id - specials_.size());
            } else if (with_specials) {
                text += specials_[id];
            }
        }
        return text;
    }

  private:
    /* ' ' to '~' are 0 to 94, the newline is 95. */
    static constexpr uint32_t n_characters = 96;

    static char character_at(size_t index) noexcept {
        return index == n_characters - 1 ? '\n' : static_cast<char>(' ' + index);
    }

    int32_t character_id(char c, size_t at) const {
        const auto first = static_cast<int32_t>(specials_.size());
        if (c == '\n') {
            return first + static_cast<int32_t>(n_characters) - 1;
        }
        if (c < ' ' || c > '~') {
            throw emend::Failure(EMEND_INVALID_ARGUMENT, "byte ", at, ": 0x", std::uppercase,
                                 std::hex, std::setw(2), std::setfill('0'),
                                 static_cast<unsigned>(static_cast<unsigned char>(c)),
                                 " has no token; the text must be printable ASCII");
        }
        return first + (c - ' ');
    }

    /* The longest special token that the text begins with, or -1. */
    int32_t match_special(std::string_view text) const noexcept {
        int32_t found = -1;
        size_t found_size = 0;
        for (size_t id = 0; id < specials_.size(); id++) {
            const std::string &special = specials_[id];
            if (special.size() > found_size && text.substr(0, special.size()) == special) {
                found = static_cast<int32_t>(id);
                found_size = special.size();
            }
        }
        return found;
    }

    std::vector<std::string> specials_{"<|begin|>", "<|end|>", "<|user|>", "<|assistant|>"};
};

/* ---- what the host calls --------------------------------------------------------------------- */

uint32_t vocab_size(void *self) noexcept {
    return static_cast<const Ascii *>(self)->vocab_size();
}

EmendStatus encode(void *self, EmendStr text, uint32_t flags, int32_t *ids, uint64_t capacity,
                   uint64_t *n, EmendError *err) noexcept {
    return emend::guard(err, [&] {
        *n = 0;
        const auto take = [&](int32_t id) {
            if (*n < capacity) {
                ids[*n] = id; // beyond the capacity tokens are counted alone
            }
            ++*n;
        };
        static_cast<const Ascii *>(self)->encode(emend::view(text), flags & EMEND_ENCODE_SPECIAL,
                                                 take);
        return EMEND_OK;
    });
}

EmendStatus decode(void *self, const int32_t *ids, uint64_t n, uint32_t flags,
                   const EmendSink *text, EmendError *err) noexcept {
    return emend::guard(err, [&] {
        const bool with_specials = flags & EMEND_ENCODE_SPECIAL;
        const auto decoded = static_cast<const Ascii *>(self)->decode(ids, n, with_specials);
        return emend_put(text, 0, emend::str(decoded));
    });
}

constexpr EmendTokenizer make_table() {
    EmendTokenizer table{};
    table.struct_size = sizeof table;
    table.vocab_size = vocab_size;
    table.encode = encode;
    table.decode = decode;
    return table;
}
constexpr EmendTokenizer tokenizer = make_table();

EmendStatus create(EmendPlugin *plugin, EmendStr /* name */, EmendBytes bytes, void **instance,
                   const void **table, EmendError *err) noexcept {
    return emend::guard(err, [&] {
        const auto config = emend::unpack<Config>(emend_plugin_host(plugin),
                                                  @C_NAME@__config__descriptor, bytes);
        *instance = new Ascii(*config);
        *table = &tokenizer;
        return EMEND_OK;
    });
}

void destroy(EmendPlugin * /* plugin */, void *instance) noexcept {
    delete static_cast<Ascii *>(instance);
}

/* PARALLEL: an instance is only read, so any number of threads may use it. */
constexpr EmendFactory factory = {sizeof(EmendFactory), EMEND_CONCURRENCY_PARALLEL, create,
                                  destroy};

} // namespace

EMEND_DECLARE_COMPONENT("@ID@", "0.1.0", EMEND_KIND_TOKENIZER, factory);
