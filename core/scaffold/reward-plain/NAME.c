/* An answer checker in a library that knows nothing of Emend. plugin.textproto says how it is
 * called; any language whose functions can be called from C does as well. */
#include "@NAME@.h"
#include <math.h>
#include <stdlib.h>

/* The last number in a text; 0 where there is none. */
static int last_number(const char *text, double *number) {
    int is_found = 0;
    while (*text) {
        char *end = NULL;
        double found = strtod(text, &end);
        if (end != text) {
            *number = found;
            is_found = 1;
            text = end;
        } else {
            text++;
        }
    }
    return is_found;
}

int32_t @NAME@_judge(const char *response, const char *reference, double tolerance) {
    double answer = 0, right = 0;
    if (!last_number(reference, &right)) {
        return -1;
    }
    if (!last_number(response, &answer)) {
        return 0;
    }
    return fabs(answer - right) <= tolerance * fmax(1, fabs(right));
}
