/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHECK_BACKEND_MODEL_FILES_H
#define CHECK_BACKEND_MODEL_FILES_H
/* Model folders as HuggingFace's, written and read by the kit itself: how weights get into a
 * backend, and out of it, without trust in its own code. */
#include "check/backend/reference.h"
#include "check/kit_folder.h"

/* The bytes of a model.safetensors of F32 tensors, the caller's to free(). */
uint8_t *model_files_weights(const Reference *reference, size_t *n_bytes);
/* Writes config.json and model.safetensors. False: the kit was told. */
bool model_files_write(Kit *kit, KitFolder *folder, const Reference *reference);
/* Reads what a backend saved into the reference of the same config. False: the kit was told what is
 * wrong with the file. */
bool model_files_read(Kit *kit, KitFolder *folder, Reference *reference);

#endif
