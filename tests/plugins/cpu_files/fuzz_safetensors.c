/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer: any bytes are refused or read, and reading stays inside them. */
#include "safetensors.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    char message[256];
    EmendError err = emend_error_on(message, sizeof message);
    Safetensors *file = NULL;

    if (safetensors_open_bytes(bytes, n, "fuzz", &file, &err) != EMEND_OK) {
        return 0;
    }
    for (size_t i = 0; i < safetensors_count(file); i++) {
        const SafetensorsTensor *tensor = safetensors_at(file, i);
        if (tensor->n_values > n || safetensors_find(file, tensor->name) != tensor) {
            abort();
        }
        float *values = malloc((size_t)tensor->n_values * sizeof *values + 1);
        if (values) {
            (void)safetensors_read(file, tensor, values, &err);
        }
        free(values);
    }
    safetensors_close(file);
    return 0;
}
