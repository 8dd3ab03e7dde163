/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CPU_OPTIMIZER_H
#define CPU_OPTIMIZER_H
#include "model.h"

/* The operation of the backend's table. */
EmendStatus optimizer_step(Cpu *cpu, EmendModel *model, const EmendOptimizerStep *args,
                           EmendOptimizerResult *out, EmendError *err);

#endif
