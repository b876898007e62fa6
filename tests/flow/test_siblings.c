/*
 * test_siblings.c - a value judged against what like sensors of the site show.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow/flow_run.h"

extern const struct cw_plugin carewatch_plugin_detect_threshold;

#define START_NS (INT64_C(1795363200) * NS_PER_S)
#define ROSTER                                                    \
    "gw roster {\"site\":{},\"devices\":["                        \
    "{\"device\":\"room-1\",\"kind\":\"room\",\"class\":\"3d\"}," \
    "{\"device\":\"room-2\",\"kind\":\"room\",\"class\":\"3d\"}," \
    "{\"device\":\"room-3\",\"kind\":\"room\",\"class\":\"3d\"}]}"

/* "5 room-1 21.5": at minute 5. */
static const struct {
    const char *line[14];
    const char *told; /* subjects of what was raised */
} rows[] = {
    /* all together, one a little sooner: a season */
    {{"0 room-1 21", "0 room-2 21", "0 room-3 22", "5 room-1 25", "5 room-2 25", "5 room-3 25",
      "8 room-1 25", "8 room-2 25"},
     ""},
    /* one alone: a sensor */
    {{"0 room-1 21", "0 room-2 21", "0 room-3 22", "5 room-1 25", "8 room-1 25"},
     "s1/room-1/room_temp "},
    /* one sibling alone says nothing: which of both is wrong? */
    {{"0 room-1 21", "0 room-2 21", "5 room-1 29", "8 room-1 29"}, ""},
};

static void apply(struct flow *flow, uint32_t n, const char *line)
{
    char topic[64], payload[512 + FLOW_PADDING] = "", device[32];
    int minute = 0;
    double value = 0;

    if (sscanf(line, "%d %31s %lf", &minute, device, &value) == 3) {
        snprintf(topic, sizeof(topic), "care/v1/s1/%s/telemetry", device);
        snprintf(payload, sizeof(payload), "{\"room_temp\":%g}", value);
    } else {
        snprintf(topic, sizeof(topic), "care/v1/s1/gw/roster");
        snprintf(payload, sizeof(payload), "%s", strchr(line, '{'));
    }
    struct record record = {
        .kind = RECORD_MESSAGE,
        .source = 1,
        .arrived_ns = START_NS + minute * 60 * NS_PER_S,
        .topic = str_of(topic),
        .payload = str_of(payload),
    };
    engine_apply(flow->engine, &record, flow_position(n));
}

static void only_who_moves_alone_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        static struct flow_rules rules;
        static struct flow flow;
        flow_rules_begin(&rules);
        struct rule *rule = flow_detector(&rules, "alone", &carewatch_plugin_detect_threshold,
                                          "metric=room_temp above=3 for=2m");
        rule->against_siblings = true;
        flow_builtin(&rules);
        flow_init(&flow, &rules);
        apply(&flow, 0, ROSTER);
        for (uint32_t k = 0; k < 14 && rows[i].line[k]; k++)
            apply(&flow, k + 1, rows[i].line[k]);
        char told[512] = "";
        struct cw_str rest = buf_str(&flow.told), line;
        while (str_split(&rest, '\n', &line)) {
            char text[1024];
            const char *subject;
            if (!str_copy(text, sizeof(text), line) || !strstr(text, "\"rule\":\"alone\"") ||
                !(subject = strstr(text, "\"subject\":\"")))
                continue;
            size_t n = strlen(told);
            snprintf(told + n, sizeof(told) - n, "%.*s ", (int)strcspn(subject + 11, "\""),
                     subject + 11);
        }
        if (strcmp(told, rows[i].told) != 0)
            fail_msg("row %zu: \"%s\", wanted \"%s\"", i, told, rows[i].told);
        flow_done(&flow);
        flow_rules_done(&rules);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_who_moves_alone_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
