#ifndef FILES_H
#define FILES_H
/* Files of a model folder, and the JSON in them: json.c, safetensors.c, folder.c. */
#include "model.h"

/* --- json.c: reads JSON where it lies --- */

/* The text of one value, as it is written; empty: there is none. */
typedef struct Json {
    const char *at, *end;
} Json;

/* Whether the text is one well-formed object, which all calls below take for granted; a NUL must
 * follow it. */
bool json_is_object(Json text);
/* The next member of an object, of which *rest is the whole at first. */
bool json_next(Json *rest, Json *key, Json *value);
/* The first member of that name; none where it is absent or null, or `object` is not an object. */
Json json_member(Json object, const char *name);
bool json_is(Json value, const char *text); /* "\"llama\"", "false" */
bool json_is_string(Json value, const char *text);
bool json_number(Json value, double *out);
/* An array of n sizes exactly. */
bool json_sizes(Json value, uint64_t *out, size_t n);
/* The value for a message: printable, and cut. */
typedef struct JsonText {
    char text[80];
} JsonText;
JsonText json_text(Json value);

/* --- folder.c: files as bytes --- */

enum { MAX_PATH = 4096 };

typedef struct File {
    char path[MAX_PATH];
    FILE *stream;
    uint64_t n_bytes; /* of one that is read */
    Json json;        /* what file_read_json() read; the file's */
    const EmendHost *host;
} File;

/* A regular file, to be read, and closed also where this failed. */
EmendStatus file_open(File *file, const Backend *backend, EmendStr dir, const char *name,
                      EmendError *err);
/* Reads the next n bytes, one JSON object, into file->json. */
EmendStatus file_read_json(File *file, const Backend *backend, size_t n, EmendError *err);
void file_close(File *file);
/* A file to be written to file->stream. */
EmendStatus file_create(File *file, EmendStr dir, const char *name, EmendError *err);
/* Closes what was written; a file that did not become whole is removed. */
EmendStatus file_commit(File *file, bool is_whole, EmendError *err);

/* --- safetensors.c --- */

/* A block of floats laid out like the model's weights, and what its tensors' names end in. */
typedef struct Values {
    float *block;
    const char *suffix;
} Values;

/* Opens a file and reads its header. */
EmendStatus tensors_open(File *file, const Backend *backend, EmendStr dir, const char *name,
                         EmendError *err);
/* Reads every tensor of every block from an open file, which must hold these and no others. */
EmendStatus tensors_read(const File *file, const EmendModel *model, const Values *values,
                         size_t n_values, EmendError *err);
EmendStatus tensors_write(const EmendModel *model, EmendStr dir, const char *name,
                          const Values *values, size_t n_values, EmendError *err);

extern const char files_disagree[]; /* what to do where weights and config.json do not match */

#endif
