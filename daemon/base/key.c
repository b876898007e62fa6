/*
 * key.c - two words into one.
 */
#include "base/key.h"

#include <string.h>

struct cw_str key_join(char *dst, size_t cap, struct cw_str a, char sep, struct cw_str b)
{
    size_t room = cap - 1, n = a.n < room ? a.n : room;
    memcpy(dst, a.p, n);
    if (n < room)
        dst[n++] = sep;
    size_t more = b.n < room - n ? b.n : room - n;
    memcpy(dst + n, b.p, more);
    dst[n + more] = '\0';
    return (struct cw_str){dst, n + more};
}
