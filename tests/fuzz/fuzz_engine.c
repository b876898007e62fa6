/*
 * fuzz_engine.c - any bytes as records: the engine must take or refuse them, and what it
 * saves then must load again to the same bytes.
 *
 *   [kind u8][flags u8][seconds u8][topic length u8][payload length u8][topic][payload]...
 */
#include <string.h>

#include "flow/flow_run.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const usual_topics[] = {
    "care/v1/s1/bed-1/telemetry",
    "care/v1/s1/gw/event",
    "care/v1/s1/gw/status",
    "care/v1/s1/gw/roster",
    "ack",
    "care/v1/d1/desk/event",
};

static size_t apply_one(struct flow *flow, const uint8_t *p, size_t n, int64_t *now_ns)
{
    size_t n_topic = p[3], n_payload = p[4];
    if (5 + n_topic + n_payload > n)
        return n;
    *now_ns += (int64_t)p[2] * NS_PER_S + 1;
    struct record record = {
        .kind = p[0] % N_RECORD_KINDS,
        .flags = p[1],
        .source = 1,
        .message_id = p[1] >> 5,
        .arrived_ns = *now_ns,
        .topic = {(const char *)p + 5, n_topic},
        .payload = flow_keep((struct cw_str){(const char *)p + 5 + n_topic, n_payload}),
    };
    if (n_topic == 1)
        record.topic = str_of(usual_topics[p[5] % 6]);
    engine_apply(flow->engine, &record, (struct position){.epoch = 1});
    free((char *)record.payload.p);
    return 5 + n_topic + n_payload;
}

static void check_snapshot(struct flow_rules *rules, const struct flow *flow)
{
    struct flow later;
    struct buf before, after;
    struct cw_error err;
    flow_save(flow, &before);
    flow_init(&later, rules);
    if (flow_load(&later, &before, &err))
        BUG("what was saved does not load: %s", err.text);
    flow_save(&later, &after);
    if (!str_eq(buf_str(&before), buf_str(&after)))
        BUG("what was loaded saves differently");
    buf_done(&before);
    buf_done(&after);
    flow_done(&later);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct flow_rules rules;
    struct flow flow;
    int64_t now_ns = INT64_C(1763865851) * NS_PER_S;
    flow_rules_usual(&rules);
    flow_init(&flow, &rules);
    while (size >= 5) {
        size_t used = apply_one(&flow, data, size, &now_ns);
        data += used;
        size -= used;
    }
    check_snapshot(&rules, &flow);
    flow_done(&flow);
    flow_rules_done(&rules);
    return 0;
}
