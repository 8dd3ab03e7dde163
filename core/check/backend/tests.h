/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHECK_BACKEND_TESTS_H
#define CHECK_BACKEND_TESTS_H
/* The tests of the backend suite, by the file they are in. The table of suite.c says what each one
 * asks for. */
#include "check/kit.h"

/* numbers.c */
void backend_test_forward(Kit *kit);
void backend_test_forward_alone(Kit *kit);
void backend_test_own_reference(Kit *kit);
/* gradients.c */
void backend_test_gradients(Kit *kit);
void backend_test_log_prob_gradient(Kit *kit);
void backend_test_entropy_gradient(Kit *kit);
void backend_test_kl_gradient(Kit *kit);
void backend_test_own_reference_gradient(Kit *kit);
void backend_test_micro_batches(Kit *kit);
/* optimizer.c */
void backend_test_adamw(Kit *kit);
void backend_test_clipping(Kit *kit);
void backend_test_decay(Kit *kit);
void backend_test_zeroed(Kit *kit);
void backend_test_step_is_seen(Kit *kit);
void backend_test_not_finite(Kit *kit);
/* generate.c */
void backend_test_generate_is_forward(Kit *kit);
void backend_test_generate_alone(Kit *kit);
void backend_test_parents(Kit *kit);
void backend_test_siblings(Kit *kit);
void backend_test_streams(Kit *kit);
void backend_test_endings(Kit *kit);
/* sampling.c */
void backend_test_greedy(Kit *kit);
void backend_test_ties(Kit *kit);
void backend_test_distribution(Kit *kit);
void backend_test_top_k(Kit *kit);
void backend_test_top_p(Kit *kit);
/* edges.c */
void backend_test_describe(Kit *kit);
void backend_test_info(Kit *kit);
void backend_test_guards(Kit *kit);
void backend_test_strides(Kit *kit);
/* refusals.c */
void backend_test_long_prompt(Kit *kit);
void backend_test_bad_requests(Kit *kit);
void backend_test_bad_sequences(Kit *kit);
void backend_test_bad_model(Kit *kit);
void backend_test_frozen(Kit *kit);
/* files.c */
void backend_test_missing_folder(Kit *kit);
void backend_test_damaged_weights(Kit *kit);
void backend_test_damaged_config(Kit *kit);
void backend_test_unwritable_folder(Kit *kit);
/* state.c */
void backend_test_seeds(Kit *kit);
void backend_test_fresh_weights(Kit *kit);
void backend_test_save(Kit *kit);
void backend_test_resume(Kit *kit);
void backend_test_clone(Kit *kit);
void backend_test_cancel(Kit *kit);
/* workload.c */
void backend_test_memory(Kit *kit);
void backend_test_speed(Kit *kit);

#endif
