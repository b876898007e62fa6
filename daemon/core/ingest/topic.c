/*
 * topic.c - reads care/v1/{site}/{device}/{kind}.
 *
 * The bytes of a topic come from outside and are not even UTF-8 for certain, so nothing is
 * decoded or trimmed: the five levels are cut at the slashes, the first two compared, the ids
 * checked against the contract's alphabet. What is not exactly that is refused.
 */
#include "core/ingest/topic.h"

#include <string.h>

#include "base/str.h"

#define N_LEVELS 5

static const struct {
    const char *name;
    enum topic_kind kind;
} kinds[] = {
    {"telemetry", TOPIC_TELEMETRY},
    {"event", TOPIC_EVENT},
    {"status", TOPIC_STATUS},
    {"roster", TOPIC_ROSTER},
};

/* Cuts into exactly five levels; stops at a sixth, however many follow. */
static bool cut_levels(struct cw_str bytes, struct cw_str level[N_LEVELS])
{
    const char *p = bytes.p;
    const char *end = bytes.p + bytes.n;
    for (int i = 0; i < N_LEVELS - 1; i++) {
        const char *slash = memchr(p, '/', (size_t)(end - p));
        if (!slash)
            return false;
        level[i] = (struct cw_str){p, (size_t)(slash - p)};
        p = slash + 1;
    }
    level[N_LEVELS - 1] = (struct cw_str){p, (size_t)(end - p)};
    return !memchr(p, '/', (size_t)(end - p));
}

enum cw_refusal topic_parse(struct cw_str bytes, struct topic *topic)
{
    struct cw_str level[N_LEVELS];
    *topic = (struct topic){0};
    if (!bytes.n || !cut_levels(bytes, level))
        return CW_REFUSED_TOPIC;
    if (!str_is(level[0], "care") || !str_is(level[1], "v1"))
        return CW_REFUSED_TOPIC;
    if (!id_valid(level[2]) || !id_valid(level[3]))
        return CW_REFUSED_TOPIC;
    topic->site = level[2];
    topic->device = level[3];
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (str_is(level[4], kinds[i].name)) {
            topic->kind = kinds[i].kind;
            return CW_ACCEPTED;
        }
    }
    return CW_REFUSED_KIND;
}

bool topic_site(struct cw_str bytes, struct cw_str *site)
{
    static const char head[] = "care/v1/";
    size_t n_head = sizeof(head) - 1;
    if (bytes.n <= n_head || memcmp(bytes.p, head, n_head) != 0)
        return false;
    const char *begin = bytes.p + n_head;
    const char *slash = memchr(begin, '/', bytes.n - n_head);
    *site = (struct cw_str){begin, slash ? (size_t)(slash - begin) : 0};
    return id_valid(*site);
}

/* The part before the next slash; *rest is what follows the slash, its p NULL at the end. */
static struct cw_str next_level(struct cw_str *rest)
{
    const char *slash = rest->n ? memchr(rest->p, '/', rest->n) : NULL;
    struct cw_str level = *rest;
    if (!slash) {
        *rest = (struct cw_str){NULL, 0};
        return level;
    }
    level.n = (size_t)(slash - rest->p);
    *rest = (struct cw_str){slash + 1, rest->n - level.n - 1};
    return level;
}

int topic_matches(struct cw_str filter, struct cw_str topic)
{
    if (!filter.n || !topic.n)
        return 0;
    /* A wildcard at the start never matches the broker's own topics (4.7.2). */
    if (topic.p[0] == '$' && (filter.p[0] == '+' || filter.p[0] == '#'))
        return 0;
    while (filter.p && topic.p) {
        struct cw_str wanted = next_level(&filter);
        if (str_is(wanted, "#"))
            return !filter.p;
        struct cw_str given = next_level(&topic);
        if (!str_is(wanted, "+") && !str_eq(wanted, given))
            return 0;
    }
    /* "sport/#" also matches "sport", its parent. */
    return topic.p ? 0 : !filter.p || str_is(filter, "#");
}
