/*
 * fuzz_matcher.c - bytes as a matcher (a filter of the API v2, an inhibition), its value as a
 * pattern.
 *
 * Held: what is taken has a name, reads the same when it is written with quotes again, a
 * pattern that is taken can be matched, and a matcher and its opposite never agree.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "core/alarm/matcher.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void write_matcher(const struct matcher *matcher, struct buf *out)
{
    buf_printf(out, "%s%s\"", matcher->name,
               matcher->is_equal ? (matcher->is_pattern ? "=~" : "=")
                                 : (matcher->is_pattern ? "!~" : "!="));
    for (const char *p = matcher->value; *p; p++) {
        if (*p == '"' || *p == '\\')
            buf_add_char(out, '\\');
        buf_add_char(out, *p);
    }
    buf_add_char(out, '"');
}

static void check(const struct matcher *matcher, struct cw_str bytes)
{
    struct matcher again, opposite = *matcher;
    struct json_out json;
    struct buf out;
    if (matcher->name[0] == '\0' || strlen(matcher->name) > MAX_ID)
        BUG("a matcher without a name");
    buf_init(&out, 8 * (MAX_ID + MAX_PATTERN));
    write_matcher(matcher, &out);
    if (matcher_parse(buf_str(&out), &again, NULL) != 0)
        BUG("what is written is not read");
    if (strcmp(again.name, matcher->name) != 0 || strcmp(again.value, matcher->value) != 0 ||
        again.is_equal != matcher->is_equal || again.is_pattern != matcher->is_pattern)
        BUG("it is read as another");
    opposite.is_equal = !opposite.is_equal;
    if (matcher_holds(matcher, bytes) == matcher_holds(&opposite, bytes))
        BUG("a matcher and its opposite agree");
    buf_clear(&out);
    json_out_init(&json, &out);
    matchers_json(matcher, 1, &json);
    buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char *copy = xmalloc(n ? n : 1);
    struct matcher matcher;
    struct cw_error err;
    if (n)
        memcpy(copy, data, n);
    struct cw_str bytes = {copy, n};
    if (matcher_parse(bytes, &matcher, &err) == 0)
        check(&matcher, bytes);
    else if (strnlen(err.text, sizeof(err.text)) == 0)
        BUG("refused without a word");
    free(copy);
    return 0;
}
