#ifndef @NAME@_H
#define @NAME@_H
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Whether the last number of a response is the reference answer, up to a relative tolerance: 1 yes,
 * 0 no, -1 cannot tell, because the reference is no number. plugin.textproto says the same as data;
 * whoever changes the one changes the other. */
int32_t @NAME@_judge(const char *response, const char *reference, double tolerance);

#ifdef __cplusplus
}
#endif
#endif
