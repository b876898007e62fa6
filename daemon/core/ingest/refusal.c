/*
 * refusal.c - one word for each reason a payload is refused; a table, checked to be complete.
 */
#include "core/ingest/refusal.h"

#include "base/mem.h"

static const char *const names[] = {
    [CW_ACCEPTED] = "accepted",
    [CW_REFUSED_EMPTY] = "empty",
    [CW_REFUSED_TOO_LARGE] = "too_large",
    [CW_REFUSED_SYNTAX] = "syntax",
    [CW_REFUSED_ENCODING] = "encoding",
    [CW_REFUSED_DUPLICATE_KEY] = "duplicate_key",
    [CW_REFUSED_DEPTH] = "depth",
    [CW_REFUSED_NUMBER] = "number",
    [CW_REFUSED_SHAPE] = "shape",
    [CW_REFUSED_FIELDS] = "fields",
    [CW_REFUSED_TIMESTAMP] = "timestamp",
    [CW_REFUSED_TEXT] = "text",
    [CW_REFUSED_TOPIC] = "topic",
    [CW_REFUSED_KIND] = "kind",
    [CW_REFUSED_RETAINED] = "retained",
    [CW_REFUSED_UNKNOWN_SITE] = "unknown_site",
    [CW_REFUSED_WRONG_SITE] = "wrong_site",
    [CW_REFUSED_NOT_AUTHORISED] = "not_authorised",
    [CW_REFUSED_EVENT] = "event",
    [CW_REFUSED_LIMIT] = "limit",
};

_Static_assert(sizeof(names) / sizeof(names[0]) == CW_N_REFUSALS, "a refusal has no name");

const char *refusal_name(enum cw_refusal refusal)
{
    if ((unsigned)refusal >= CW_N_REFUSALS)
        BUG("refusal %u has no name", (unsigned)refusal);
    return names[refusal];
}
