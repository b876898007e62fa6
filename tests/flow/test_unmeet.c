/*
 * test_unmeet.c - who only ever sent what was refused is not among those that exist: neither
 * the device nor, where unknown sites are registered, its site.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow/flow_run.h"

#define T0 (INT64_C(1763865851) * NS_PER_S)

static const struct row {
    const char *topic, *payload;
    const char *sites; /* that exist afterwards, besides those of the configuration */
} rows[] = {
    {"care/v1/bad/d/telemetry", "{\"hr\":", ""},
    {"care/v1/bad/d/telemetry", "{\"hr\":{}}", ""},
    {"care/v1/bad/d/telemetry", "{\"\":1}", ""},
    {"care/v1/bad/d/event", "{\"type\":\"visit.planned\",\"id\":\"e\",\"visit\":\"v\"}", ""},
    {"care/v1/bad/d/event", "{\"type\":\"duty.result\",\"id\":\"e\"}", ""},
    {"care/v1/bad/d/event", "[]", ""},
    {"care/v1/bad/d/status", "{\"site\":\"other\",\"online\":true}", ""},
    {"care/v1/bad/d/status", "{\"online\":1}", ""},
    {"care/v1/bad/d/roster", "{\"devices\":[{\"device\":\"a\"},{\"device\":\"a\"}]}", ""},
    {"care/v1/good/d/telemetry", "{\"hr\":72}", "good "},
    {"care/v1/bad/d/telemetry", "{\"hr\":", "good "},
    {"care/v1/good/e/telemetry", "{\"hr\":", "good "},
    {"care/v1/late/d/status", "{\"online\":true}", "good late "},
    {"care/v1/bad/d/event", "{\"type\":\"call.pressed\",\"id\":\"e\",\"bed\":\"1\"}",
     "good late bad "},
};

static const char *sites(const struct flow *flow)
{
    static char text[200];
    const struct registry *registry = &engine_fold(flow->engine)->registry;
    size_t n = 0;
    text[0] = '\0';
    for (uint32_t i = 0; i < registry->n_sites; i++) {
        const struct site *site = registry->site[i];
        assert_int_equal(site->number, i);
        assert_true(registry_site(registry, str_of(site->id)) == site);
        if (site->heard_ns)
            n += (size_t)snprintf(text + n, sizeof(text) - n, "%s ", site->id);
        else
            assert_null(strstr(site->id, "bad"));
    }
    return text;
}

static void tell_all(bool restarts)
{
    static struct flow_rules rules;
    static struct flow flow;
    struct buf file;
    struct cw_error err;
    flow_rules_usual(&rules);
    flow_init(&flow, &rules);
    for (uint32_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct cw_str payload = flow_keep(str_of(rows[i].payload));
        struct record record = {.kind = RECORD_MESSAGE,
                                .source = 1,
                                .arrived_ns = T0 + i * NS_PER_S,
                                .topic = str_of(rows[i].topic),
                                .payload = payload};
        if (restarts) {
            flow_save(&flow, &file);
            assert_int_equal(flow_load(&flow, &file, &err), 0);
            buf_done(&file);
        }
        engine_apply(flow.engine, &record, flow_position(i));
        free((char *)(uintptr_t)payload.p);
        if (strcmp(sites(&flow), rows[i].sites) != 0)
            fail_msg("after row %u: \"%s\"", i, sites(&flow));
    }
    assert_null(
        registry_device(&engine_fold(flow.engine)->registry, CW_STR("good"), CW_STR("e")));
    flow_done(&flow);
    flow_rules_done(&rules);
}

static void a_refused_payload_registers_nobody(void **state)
{
    (void)state;
    tell_all(false);
}

static void nor_does_it_after_a_restart(void **state)
{
    (void)state;
    tell_all(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refused_payload_registers_nobody),
        cmocka_unit_test(nor_does_it_after_a_restart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
