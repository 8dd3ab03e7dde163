/* SPDX-License-Identifier: Apache-2.0 */
/* A library that is gone when its user is loaded. */
void emend_rogue_gone(void);
void emend_rogue_gone(void) {
}
