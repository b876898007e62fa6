/*
 * Any bytes as the head of a request: what is accepted lies inside the bytes, and the answer
 * does not depend on how the bytes were cut into pieces.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "io/http_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_inside(struct cw_str part, const char *p, size_t n)
{
    if (part.n > 0 && (part.p < p || part.p + part.n > p + n))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char *copy = malloc(n + 1);
    memcpy(copy, data, n);
    struct http_head head = {0}, again = {0};
    size_t scanned = 0, size = 0, again_size = 0;
    int status = http_parse_head((struct cw_str){copy, n}, &scanned, &head, &size);
    size_t by_piece = 0;
    int second = HTTP_INCOMPLETE;
    for (size_t i = 0; i <= n && second == HTTP_INCOMPLETE; i += 7)
        second = http_parse_head((struct cw_str){copy, i}, &by_piece, &again, &again_size);
    if (second != HTTP_INCOMPLETE && (second == 0) != (status == 0))
        abort();
    if (status == 0) {
        if (size > n || size > HTTP_MAX_HEAD)
            abort();
        check_inside(head.path, copy, n);
        check_inside(head.query, copy, n);
        for (int i = 0; i < HTTP_N_HEADERS; i++)
            check_inside(head.header[i], copy, n);
        char path[1024], key[16], value[64];
        if (http_path_decode(head.path, path, sizeof(path)) && strstr(path, "/../"))
            abort();
        struct cw_str rest = head.query;
        while (http_query_next(&rest, key, sizeof(key), value, sizeof(value)) > 0)
            continue;
    }
    free(copy);
    return 0;
}
