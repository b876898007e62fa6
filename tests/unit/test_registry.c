/*
 * test_registry.c - what exists: sites met and refused, rosters believed and not, devices
 * born, retired and forgotten.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/fold_bench.h"

static const char two_beds[] =
    "{'site':{'site':'s1'},'devices':["
    "{'device':'bed-1','kind':'bed_mat','bed':'3-12','resident':'r-88','class':'180s'},"
    "{'device':'gw','kind':'gateway','class':'90s'}],"
    "'residents':[{'resident':'r-88','care_level':'care'}],'staff':[{'staff':'n-1'}]}";

static void an_unknown_site_is_a_plain_provider(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    struct site *site = bench_site(bench, "newcomer");
    assert_int_equal(site->kind, SITE_PROVIDER);
    assert_string_equal(site->district, "unknown");
    assert_string_equal(bench_told(bench), "");
    bench_free(bench);
}

static void a_site_kept_out_is_told_once(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    struct site *site;
    bench->rules.settings.register_unknown_sites = false;
    for (int i = 0; i < 3; i++)
        assert_int_equal(registry_meet_site(&bench->fold, CW_STR("x"), &site),
                         CW_REFUSED_UNKNOWN_SITE);
    assert_string_equal(bench_told(bench), "raised unknown_site site:x;");
    assert_int_equal(registry_apply(&bench->fold,
                                    doc_of(&bench->doc, "{'site':'x','kind':'home'}"),
                                    &bench->err),
                     0);
    assert_string_equal(bench_told(bench), "cleared unknown_site site:x;");
    assert_int_equal(registry_meet_site(&bench->fold, CW_STR("x"), &site), CW_ACCEPTED);
    assert_int_equal(site->kind, SITE_HOME);
    bench_free(bench);
}

static void unknown_sites_are_told_up_to_the_limit(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    struct site *site;
    bench->rules.settings.register_unknown_sites = false;
    for (int i = 0; i < 100; i++) {
        char id[16];
        snprintf(id, sizeof(id), "x%d", i);
        (void)registry_meet_site(&bench->fold, str_of(id), &site);
    }
    assert_int_equal(bench->fold.alarms.n_open, 20);
    bench_free(bench);
}

static void sites_have_a_limit(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    struct site *site;
    for (int i = 0; i < 11; i++) { /* nine are configured, twenty allowed */
        char id[16];
        snprintf(id, sizeof(id), "x%d", i);
        assert_int_equal(registry_meet_site(&bench->fold, str_of(id), &site), CW_ACCEPTED);
    }
    assert_int_equal(registry_meet_site(&bench->fold, CW_STR("more"), &site), CW_REFUSED_LIMIT);
    assert_int_not_equal(
        registry_apply(&bench->fold, doc_of(&bench->doc, "{'site':'more'}"), &bench->err), 0);
    bench_free(bench);
}

static void kinds_are_those_of_the_contract(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int kind;
    } rows[] = {{"institution", SITE_INSTITUTION},
                {"nursing_home", SITE_INSTITUTION},
                {"home", SITE_HOME},
                {"station", SITE_STATION},
                {"station.health", SITE_STATION},
                {"station.youth", SITE_STATION},
                {"stationary", 0},
                {"base", SITE_BASE},
                {"organisation", SITE_ORGANISATION},
                {"dispatch", SITE_DISPATCH},
                {"department", SITE_DEPARTMENT},
                {"provider", SITE_PROVIDER},
                {"", 0},
                {"Department", 0}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(site_kind_of(str_of(rows[i].text)), rows[i].kind);
}

static void a_roster_declares_its_devices(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    assert_int_equal(bench_roster(bench, "s1", two_beds), CW_ACCEPTED);
    struct site *site = bench_site(bench, "s1");
    struct device *bed = bench_device(bench, "s1", "bed-1");
    assert_int_equal(site->n_devices, 2);
    assert_int_equal(site->n_rostered, 2);
    assert_int_equal(site->n_residents, 1);
    assert_int_equal(site->class_ns, 90 * S);
    assert_int_equal(site->field_class_ns, 180 * S);
    assert_true(bed->rostered);
    assert_string_equal(bed->bed, "3-12");
    assert_string_equal(bed->resident, "r-88");
    assert_true(bench_device(bench, "s1", "gw")->is_gateway);
    assert_int_equal(bench_roster(bench, "s1", "{'devices':[{'device':'bed-1'}]}"),
                     CW_ACCEPTED);
    assert_int_equal(bed->class_ns, 180 * S);
    assert_true(bench_device(bench, "s1", "gw")->retired);
    assert_int_equal(site->n_devices, 1);
    bench_free(bench);
}

static void the_same_roster_again_changes_nothing(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    assert_int_equal(bench_roster(bench, "s1", two_beds), CW_ACCEPTED);
    struct buf before, after;
    bench_at(bench, 10 * S);
    bench_save(bench, &before);
    assert_int_equal(bench_roster(bench, "s1", two_beds), CW_ACCEPTED);
    bench_save(bench, &after);
    assert_true(str_eq(buf_str(&before), buf_str(&after)));
    buf_done(&before);
    buf_done(&after);
    bench_free(bench);
}

static void a_bad_roster_is_refused_whole(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum cw_refusal refusal;
        const char *says; /* part of the sentence */
    } rows[] = {
        {"[]", CW_REFUSED_SHAPE, "list"},
        {"{}", CW_REFUSED_SHAPE, "list"},
        {"{'devices':{}}", CW_REFUSED_SHAPE, "list"},
        {"{'site':{'site':'s2'},'devices':[]}", CW_REFUSED_WRONG_SITE, "s2"},
        {"{'site':'s1','devices':[]}", CW_REFUSED_EVENT, "site"},
        {"{'site':{'lat':91,'lon':1},'devices':[]}", CW_REFUSED_EVENT, "lat"},
        {"{'devices':['bed-2']}", CW_REFUSED_EVENT, "object"},
        {"{'devices':[{'kind':'bed_mat'}]}", CW_REFUSED_EVENT, "device"},
        {"{'devices':[{'device':'a b'}]}", CW_REFUSED_EVENT, "a b"},
        {"{'devices':[{'device':'bed-2'},{'device':7}]}", CW_REFUSED_EVENT, "device"},
        {"{'devices':[{'device':'bed-2'},{'device':'bed-2'}]}", CW_REFUSED_EVENT, "twice"},
        {"{'devices':[{'device':'bed-2','class':'soon'}]}", CW_REFUSED_EVENT, "class"},
        {"{'devices':[{'device':'bed-2','class':'1ms'}]}", CW_REFUSED_EVENT, "bed-2"},
        {"{'devices':[{'device':'bed-2','resident':'Wang Wu'}]}", CW_REFUSED_EVENT, "Wang"},
        {"{'devices':[{'device':'bed-2'}],'residents':[{'resident':'r','name':'W'}]}",
         CW_REFUSED_EVENT, "name"},
        {"{'devices':[{'device':'bed-2'}],'staff':[{'staff':'n','name':'W'}]}",
         CW_REFUSED_EVENT, "name"},
        {"{'devices':[{'device':'bed-2'}],'staff':[{'staff':'n','phone':'1'}]}",
         CW_REFUSED_EVENT, "phone"},
        {"{'devices':[{'device':'bed-2'}],'residents':{}}", CW_REFUSED_EVENT, "residents"},
        {"{'devices':[{'device':'bed-2'}],'residents':[{}]}", CW_REFUSED_EVENT, "resident"},
    };
    struct bench *bench = bench_new();
    assert_int_equal(bench_roster(bench, "s1", two_beds), CW_ACCEPTED);
    struct buf before, after;
    bench_save(bench, &before);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        enum cw_refusal refusal = bench_roster(bench, "s1", rows[i].text);
        if (refusal != rows[i].refusal || !strstr(bench->err.text, rows[i].says))
            fail_msg("%s: %d, \"%s\"", rows[i].text, (int)refusal, bench->err.text);
    }
    bench_save(bench, &after);
    assert_true(str_eq(buf_str(&before), buf_str(&after)));
    buf_done(&before);
    buf_done(&after);
    bench_free(bench);
}

static void a_roster_beyond_the_limit_is_refused_whole(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    bench->rules.settings.max_devices = 2;
    assert_int_equal(
        bench_roster(bench, "s1", "{'devices':[{'device':'a'},{'device':'b'},{'device':'c'}]}"),
        CW_REFUSED_LIMIT);
    assert_int_equal(bench_site(bench, "s1")->n_devices, 0);
    assert_int_equal(bench_roster(bench, "s1", two_beds), CW_ACCEPTED);
    bench_free(bench);
}

static void a_claimed_kind_is_not_believed(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    assert_int_equal(bench_roster(bench, "newcomer",
                                  "{'site':{'kind':'department','lat':30.5,'lon':104},"
                                  "'devices':[]}"),
                     CW_ACCEPTED);
    struct site *site = bench_site(bench, "newcomer");
    assert_int_equal(site->kind, SITE_PROVIDER);
    assert_int_equal(bench->fold.registry.n_kind_claims, 1);
    assert_true(site->lat > 30 && site->lat < 31);
    bench_free(bench);
}

static void a_record_outranks_the_configuration(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    const char *record = "{'site':'s1','kind':'station.health','district':'wuhou',"
                         "'name':'Station','lat':30.1,'lon':104.2,'crs':'GCJ-02','by':'op'}";
    assert_int_equal(registry_apply(&bench->fold, doc_of(&bench->doc, record), &bench->err), 0);
    registry_configure(&bench->fold);
    struct site *site = bench_site(bench, "s1");
    assert_int_equal(site->kind, SITE_STATION);
    assert_string_equal(site->kind_text, "station.health");
    assert_string_equal(site->district, "wuhou");
    assert_string_equal(site->name, "Station");
    assert_string_equal(site->crs, "GCJ-02");
    static const char *const bad[] = {"[]",
                                      "{}",
                                      "{'site':'a b'}",
                                      "{'site':'s1','kind':'palace'}",
                                      "{'site':'s1','kind':7}",
                                      "{'site':'s1','lat':7}",
                                      "{'site':'s1','lat':7,'lon':'x'}",
                                      "{'site':'s1','lat':7,'lon':181}",
                                      "{'site':'s1','name':7}"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(registry_apply(&bench->fold, doc_of(&bench->doc, bad[i]), &bench->err),
                         -EINVAL);
    assert_int_equal(site->kind, SITE_STATION);
    bench_free(bench);
}

static void the_least_recently_heard_is_forgotten_on_a_tick(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    bench_roster(bench, "s1", two_beds);
    char id[16];
    for (int i = 0; i < 8; i++) { /* four are kept; twice as many fit between ticks */
        bench_at(bench, (i + 1) * S);
        snprintf(id, sizeof(id), "stray-%d", i);
        bench_heard(bench, "s1", id);
    }
    struct device *device;
    struct site *site = bench_site(bench, "s1");
    assert_int_equal(registry_meet_device(&bench->fold, site, CW_STR("x"), &device),
                     CW_REFUSED_LIMIT);
    bench_at(bench, 20 * S);
    bench_heard(bench, "s1", "stray-0");
    registry_housekeeping(&bench->fold);
    const struct registry *registry = &bench->fold.registry;
    assert_int_equal(site->n_devices, 6);
    assert_non_null(registry_device(registry, CW_STR("s1"), CW_STR("stray-0")));
    assert_null(registry_device(registry, CW_STR("s1"), CW_STR("stray-1")));
    assert_null(registry_device(registry, CW_STR("s1"), CW_STR("stray-4")));
    assert_non_null(registry_device(registry, CW_STR("s1"), CW_STR("stray-5")));
    assert_non_null(registry_device(registry, CW_STR("s1"), CW_STR("bed-1")));
    assert_int_equal(registry->n_forgotten, 4);
    uint32_t n_numbers = registry->n_devices;
    bench_heard(bench, "s1", "another");
    assert_int_equal(registry->n_devices, n_numbers);
    bench_at(bench, 2 * HOUR); /* timers of forgotten devices find nobody */
    bench_free(bench);
}

static void a_retired_device_may_return(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    bench_roster(bench, "s1", two_beds);
    bench_roster(bench, "s1", "{'devices':[{'device':'gw','kind':'gateway'}]}");
    assert_string_equal(bench_connection(bench, "s1", "bed-1"), "retired");
    bench_heard(bench, "s1", "bed-1");
    assert_string_equal(bench_connection(bench, "s1", "bed-1"), "retired");
    bench_roster(bench, "s1", two_beds);
    assert_string_equal(bench_connection(bench, "s1", "bed-1"), "unknown");
    bench_heard(bench, "s1", "bed-1");
    assert_string_equal(bench_connection(bench, "s1", "bed-1"), "online");
    assert_int_equal(bench_site(bench, "s1")->n_surplus, 0);
    bench_free(bench);
}

static void a_site_is_shown_without_its_persons(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    bench_roster(bench, "s1", two_beds);
    bench_heard(bench, "s1", "bed-1");
    struct buf text;
    struct json_out out;
    buf_init(&text, 1 << 16);
    json_out_init(&out, &text);
    site_json(&bench->fold.registry, bench_site(bench, "s1"), true, &out);
    assert_string_equal(
        buf_text(&text),
        "{\"site\":\"s1\",\"kind\":\"institution\",\"district\":\"jinjiang\","
        "\"name\":\"First home\",\"lat\":30.6,\"lon\":104.1,\"crs\":\"WGS-84\","
        "\"connection\":\"online\",\"heard_at\":\"2025-11-23T02:44:11.000Z\","
        "\"class\":\"1m30s\",\"n_devices\":2,\"n_rostered\":2,\"n_silent\":0,"
        "\"n_residents\":1,\"held\":{\"service\":{\"sessions\":0,\"persons\":0},"
        "\"training\":{\"sessions\":0,\"persons\":0},"
        "\"publicity\":{\"sessions\":0,\"persons\":0}},\"devices\":["
        "{\"device\":\"bed-1\",\"kind\":\"bed_mat\",\"bed\":\"3-12\",\"resident\":\"r-88\","
        "\"connection\":\"online\",\"rostered\":true,\"class\":\"3m\","
        "\"heard_at\":\"2025-11-23T02:44:11.000Z\",\"data_at\":\"2025-11-23T02:44:11.000Z\"},"
        "{\"device\":\"gw\",\"kind\":\"gateway\",\"connection\":\"unknown\","
        "\"rostered\":true,\"gateway\":true,\"class\":\"1m30s\"}]}");
    buf_done(&text);
    bench_free(bench);
}

static void a_loaded_registry_is_the_saved_one(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    struct site *site;
    bench_roster(bench, "s1", two_beds);
    for (int i = 0; i < 7; i++) {
        char id[16];
        snprintf(id, sizeof(id), "stray-%d", i);
        bench_heard(bench, "s1", id);
    }
    registry_housekeeping(&bench->fold); /* leaves free numbers */
    bench->rules.settings.register_unknown_sites = false;
    (void)registry_meet_site(&bench->fold, CW_STR("x"), &site);
    struct buf before, after;
    bench_save(bench, &before);
    assert_true(bench_reload(bench));
    bench_save(bench, &after);
    assert_true(str_eq(buf_str(&before), buf_str(&after)));
    assert_int_equal(bench_site(bench, "s1")->n_surplus, 4);
    buf_done(&before);
    buf_done(&after);
    bench_free(bench);
}

/* Every prefix and many flipped bytes: refused or read, never more. */
static void a_damaged_registry_never_harms(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    bench_roster(bench, "s1", two_beds);
    struct buf saved;
    bench_save(bench, &saved);
    for (size_t i = 0; i < saved.n; i++) {
        struct loader loader = {.p = saved.p, .n = saved.n};
        saved.p[i] = (char)(saved.p[i] ^ 0xff);
        if (i % 3 == 0)
            loader.n = i;
        bench_stop(bench);
        bench_start(bench);
        registry_load(&bench->fold, &loader);
        saved.p[i] = (char)(saved.p[i] ^ 0xff);
    }
    buf_done(&saved);
    bench_free(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unknown_site_is_a_plain_provider),
        cmocka_unit_test(a_site_kept_out_is_told_once),
        cmocka_unit_test(unknown_sites_are_told_up_to_the_limit),
        cmocka_unit_test(sites_have_a_limit),
        cmocka_unit_test(kinds_are_those_of_the_contract),
        cmocka_unit_test(a_roster_declares_its_devices),
        cmocka_unit_test(the_same_roster_again_changes_nothing),
        cmocka_unit_test(a_bad_roster_is_refused_whole),
        cmocka_unit_test(a_roster_beyond_the_limit_is_refused_whole),
        cmocka_unit_test(a_claimed_kind_is_not_believed),
        cmocka_unit_test(a_record_outranks_the_configuration),
        cmocka_unit_test(the_least_recently_heard_is_forgotten_on_a_tick),
        cmocka_unit_test(a_retired_device_may_return),
        cmocka_unit_test(a_site_is_shown_without_its_persons),
        cmocka_unit_test(a_loaded_registry_is_the_saved_one),
        cmocka_unit_test(a_damaged_registry_never_harms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
