/*
 * Any bytes as a topic and as a filter: what is accepted is five levels that spell the topic
 * again, and matches the filters that say so.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "core/ingest/topic.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_accepted(struct cw_str bytes, const struct topic *topic)
{
    static const char *const kinds[] = {"", "telemetry", "event", "status", "roster"};
    char again[256];
    size_t n = (size_t)snprintf(again, sizeof(again), "care/v1/%.*s/%.*s/%s",
                                (int)topic->site.n, topic->site.p, (int)topic->device.n,
                                topic->device.p, kinds[topic->kind]);
    if (n != bytes.n || memcmp(again, bytes.p, n) != 0)
        BUG("the topic is not what was read from it");
    if (!topic_matches(CW_STR("care/v1/+/+/+"), bytes) || !topic_matches(bytes, bytes))
        BUG("the topic does not match its filter");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    /* A copy without a NUL, so that a sanitizer sees a byte too many. */
    char *copy = xmalloc(n ? n : 1);
    if (n)
        memcpy(copy, data, n);
    struct cw_str bytes = {copy, n};
    struct topic topic;
    enum cw_refusal refusal = topic_parse(bytes, &topic);
    if (refusal == CW_ACCEPTED)
        check_accepted(bytes, &topic);
    else if (refusal == CW_REFUSED_TOPIC && (topic.site.n || topic.device.n))
        BUG("a refused topic has ids");

    struct cw_str filter;
    struct cw_str rest = bytes;
    if (str_split(&rest, '\n', &filter))
        (void)topic_matches(filter, rest);
    free(copy);
    return 0;
}
