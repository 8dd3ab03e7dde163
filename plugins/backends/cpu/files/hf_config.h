/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CPU_FILES_HF_CONFIG_H
#define CPU_FILES_HF_CONFIG_H
/* config.json of a HuggingFace model folder, for the family the backend runs: LlamaForCausalLM. */
#include "emend/backend.h"

/* Reads a config. What a file leaves out has the value that HuggingFace's LlamaConfig gives it,
 * except the sizes of the model, which must be there; head_dim and num_key_value_heads left out are
 * 0: to be derived. A feature that would change the arithmetic and is not computed here (rope
 * scaling, biases, another activation, another model_type) is EMEND_UNIMPLEMENTED and names field
 * and value. */
EmendStatus hf_config_read(const char *path, EmendModelConfig *out, EmendError *err);
/* Writes a config that transformers loads as LlamaForCausalLM with float32 weights. */
EmendStatus hf_config_write(const char *path, const EmendModelConfig *config, EmendError *err);

#endif
