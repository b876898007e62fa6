/*
 * test_identity.c - two devices of one name, told from a restart, from losses, disorder and
 * backlogs by how their counters go.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow/flow_run.h"

#define T0_MS INT64_C(1763865851000)

/* The counters in order, a message a second; what was told of the identity: "+" and "-". */
static const char *told(const int *seq, size_t n, int backlog_from, int quiet_s)
{
    static char text[64];
    static struct flow_rules rules;
    static struct flow flow;
    struct buf file;
    struct cw_error err;
    flow_rules_begin(&rules);
    flow_builtin(&rules);
    flow_init(&flow, &rules);
    for (size_t i = 0; i < n; i++) {
        char room[256] = "";
        int64_t now_ms = T0_MS + (int64_t)i * 1000 + (i + 1 == n ? quiet_s * 1000 : 0);
        bool old = backlog_from && seq[i] < backlog_from;
        snprintf(room, sizeof(room) - FLOW_PADDING, "{\"ts\":%lld,\"seq\":%d,\"hr\":%d}",
                 (long long)(old ? now_ms - 3600000 : now_ms), seq[i], 60 + (int)i % 9);
        struct record record = {
            .kind = RECORD_MESSAGE,
            .source = 1,
            .arrived_ns = now_ms * NS_PER_MS,
            .topic = CW_STR("care/v1/s1/bed-1/telemetry"),
            .payload = str_of(room),
        };
        flow_save(&flow, &file); /* a restart before every record */
        assert_int_equal(flow_load(&flow, &file, &err), 0);
        buf_done(&file);
        engine_apply(flow.engine, &record, flow_position((uint32_t)i));
    }
    struct cw_str rest = buf_str(&flow.told), line;
    size_t n_told = 0;
    memset(text, 0, sizeof(text));
    while (str_split(&rest, '\n', &line)) {
        char copy[1024];
        if (str_copy(copy, sizeof(copy), line) && strstr(copy, "device-doubled"))
            text[n_told++] = strstr(copy, "\"raised\"") ? '+' : '-';
    }
    flow_done(&flow);
    flow_rules_done(&rules);
    return text;
}

static void two_counters_are_two_devices(void **state)
{
    (void)state;
    static const struct {
        int seq[24];
        int backlog_from, quiet_s;
        const char *told;
    } rows[] = {
        {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, 0, 0, ""},
        {{100, 8007, 101, 8008, 102, 8009, 103, 8010, 104, 8011}, 0, 0, "+"},
        {{100, 101, 8007, 102, 8008, 103, 104}, 0, 0, ""},
        /* restarted, more than once */
        {{900, 901, 1, 2, 3, 1, 2, 3, 4, 1, 2, 3, 4, 5, 6}, 0, 0, ""},
        /* losses and disorder */
        {{1, 5, 9, 14, 200, 201, 203, 202, 204, 206, 205, 207}, 0, 0, ""},
        /* a backlog between live values */
        {{900, 10, 901, 11, 902, 12, 903, 13, 904, 14, 905, 15}, 100, 0, ""},
        /* the other one is gone for an hour */
        {{100, 8007, 101, 8008, 102, 8009, 103, 8010, 104, 105, 106}, 0, 4000, "+-"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t n = 0;
        while (n < 24 && rows[i].seq[n])
            n++;
        const char *said = told(rows[i].seq, n, rows[i].backlog_from, rows[i].quiet_s);
        if (strcmp(said, rows[i].told) != 0)
            fail_msg("row %zu: \"%s\", wanted \"%s\"", i, said, rows[i].told);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_counters_are_two_devices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
