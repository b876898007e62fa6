/*
 * test_boot.c - a daemon that comes back: what fell due while it was not there proves nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "flow/flow_run.h"

#define T0_MS INT64_C(1763865851000)

static void apply(struct flow *flow, int second, struct record record, const char *payload)
{
    char room[512];
    int n = snprintf(room, sizeof(room) - FLOW_PADDING, "%s", payload);
    record.payload = (struct cw_str){room, (size_t)n};
    record.arrived_ns = (T0_MS + second * 1000) * NS_PER_MS;
    engine_apply(flow->engine, &record, flow_position((uint32_t)second));
}

static struct record message(const char *topic)
{
    return (struct record){.kind = RECORD_MESSAGE, .topic = str_of(topic)};
}

/* A declared device speaks once; the daemon is gone for ten minutes. */
static void run(struct flow *flow, bool cut)
{
    apply(flow, 0, message("care/v1/s1/gw/roster"),
          "{\"devices\":[{\"device\":\"bed-1\",\"class\":\"90s\"},"
          "{\"device\":\"bed-2\",\"class\":\"90s\"}]}");
    apply(flow, 1, message("care/v1/s1/bed-1/telemetry"), "{\"hr\":70}");
    apply(flow, 2, message("care/v1/s1/bed-2/telemetry"), "{\"hr\":70}");
    if (cut)
        apply(flow, 600, (struct record){.kind = RECORD_DISK, .topic = CW_STR("journal")},
              "{\"state\":\"recovered\",\"segment\":\"1\",\"cut_at\":64,\"cut_bytes\":8}");
    apply(flow, 601, (struct record){.kind = RECORD_BOOT, .topic = CW_STR("boot")}, "{}");
    apply(flow, 602, (struct record){.kind = RECORD_LINK, .source = 1}, "up");
    apply(flow, 603, message("care/v1/s1/bed-1/telemetry"), "{\"hr\":70}");
    apply(flow, 604, message("care/v1/s1/bed-2/telemetry"), "{\"hr\":70}");
}

static bool told_of_silence(struct flow *flow)
{
    return strstr(buf_text(&flow->told), "-silent") != NULL;
}

static void a_restart_takes_nobody_for_silent(void **state)
{
    (void)state;
    for (int cut = 0; cut < 2; cut++) {
        struct flow_rules rules;
        struct flow flow;
        flow_rules_begin(&rules);
        flow_builtin(&rules);
        flow_init(&flow, &rules);
        run(&flow, cut);
        if (told_of_silence(&flow))
            fail_msg("%s: %s", cut ? "after a cut" : "after a boot", buf_text(&flow.told));
        /* The deadlines count again: real silence is still told. */
        engine_advance(flow.engine, (T0_MS + INT64_C(1200) * 1000) * NS_PER_MS);
        assert_true(told_of_silence(&flow));
        flow_done(&flow);
        flow_rules_done(&rules);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_restart_takes_nobody_for_silent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
