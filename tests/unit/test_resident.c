/*
 * test_resident.c - what a facility says of its residents by events: who is there, away or
 * gone, assessed how, and what they consent to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/fold_bench.h"

static enum cw_refusal say(struct bench *bench, const char *site, const char *type,
                           const char *more)
{
    static int n;
    char text[400];
    snprintf(text, sizeof(text),
             "{'id':'e%d','ts':%lld,'type':'resident.%s','resident':'r-1'%s}", ++n,
             (long long)(bench->fold.now_ns / NS_PER_MS), type, more);
    return bench_event(bench, site, text);
}

static const struct entry *resident(const struct bench *bench, const char *site)
{
    return book_find_of_site(bench->fold.book, &kind_residents, str_of(site), CW_STR("r-1"));
}

/* "status ability care_level bed admitted assessed" of the resident r-1 of the institution. */
static const char *standing(const struct bench *bench)
{
    static const char *const fields[] = {"status", "ability",  "care_level",
                                         "bed",    "admitted", "assessed"};
    static char text[200];
    const struct entry *entry = resident(bench, "inst");
    size_t n = 0;
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        struct cw_str value = entry ? entry_text(entry, fields[i]) : CW_STR("none");
        n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%.*s", i ? " " : "",
                              value.n ? (int)value.n : 1, value.n ? value.p : "-");
    }
    return text;
}

static void each_step_is_in_the_register(void **state)
{
    (void)state;
    static const struct {
        const char *type, *more, *then;
    } steps[] = {
        {"away", "", "none none none none none none"},
        {"admitted", ",'bed':'3-12','care_level':'care','spo2_scale':2",
         "present - care 3-12 2025-11-23 -"},
        {"away", ",'expected':1763900000000", "away - care 3-12 2025-11-23 -"},
        {"assessed", ",'ability':'重度'", "away severe care 3-12 2025-11-23 2025-11-23"},
        {"back", "", "present severe care 3-12 2025-11-23 2025-11-23"},
        {"transferred", "", "transferred severe care 3-12 2025-11-23 2025-11-23"},
        {"discharged", "", "discharged severe care 3-12 2025-11-23 2025-11-23"},
    };
    struct bench *bench = bench_new();
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        assert_int_equal(say(bench, "inst", steps[i].type, steps[i].more), CW_ACCEPTED);
        assert_string_equal(standing(bench), steps[i].then);
    }
    assert_int_equal(entry_int(resident(bench, "inst"), "spo2_scale", 1), 1);
    assert_non_null(strstr(buf_text(&bench->changes),
                           "resident.back residents inst/r-1 by inst {\"status\":"));
    bench_free(bench);
}

static void what_is_wrong_changes_nothing(void **state)
{
    (void)state;
    static const char *const wrong[] = {",'ability':'strong'",
                                        ",'consent':{'vitals':'perhaps'}", ",'phone':'+86 138'",
                                        ",'care_level':7"};
    struct bench *bench = bench_new();
    assert_int_equal(say(bench, "inst", "admitted", ""), CW_ACCEPTED);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(say(bench, "inst", "assessed", wrong[i]), CW_REFUSED_EVENT);
        assert_string_equal(standing(bench), "present - - - 2025-11-23 -");
    }
    assert_int_equal(say(bench, "s1", "discharged", ",'site':'inst'"), CW_REFUSED_WRONG_SITE);
    assert_string_equal(standing(bench), "present - - - 2025-11-23 -");
    bench_free(bench);
}

static void a_consent_counts_from_that_moment(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    assert_int_equal(bench_roster(bench, "inst",
                                  "{'devices':[{'device':'mat','resident':'r-1'}],"
                                  "'residents':[{'resident':'r-1'}]}"),
                     CW_ACCEPTED);
    const struct device *mat = bench_device(bench, "inst", "mat");
    assert_int_equal(mat->withheld, 0);
    assert_int_equal(say(bench, "inst", "assessed", ",'consent':{'vitals':false}"),
                     CW_ACCEPTED);
    assert_int_not_equal(mat->withheld, 0);
    assert_int_equal(say(bench, "inst", "back", ""), CW_ACCEPTED);
    assert_int_not_equal(mat->withheld, 0);
    assert_int_equal(say(bench, "inst", "admitted", ",'consent':{'vitals':true}"), CW_ACCEPTED);
    assert_int_equal(mat->withheld, 0);
    bench_free(bench);
}

static void a_roster_brings_nobody_back(void **state)
{
    (void)state;
    static const char *const with = "{'devices':[],'residents':[{'resident':'r-1'}]}";
    struct bench *bench = bench_new();
    assert_int_equal(bench_roster(bench, "inst", with), CW_ACCEPTED);
    assert_int_equal(say(bench, "inst", "away", ""), CW_ACCEPTED);
    assert_int_equal(bench_roster(bench, "inst", with), CW_ACCEPTED);
    assert_string_equal(standing(bench), "away - - - - -");
    assert_int_equal(bench_roster(bench, "inst", "{'devices':[],'residents':[]}"), CW_ACCEPTED);
    assert_string_equal(standing(bench), "discharged - - - - -");
    assert_int_equal(bench_roster(bench, "inst", with), CW_ACCEPTED);
    assert_string_equal(standing(bench), "present - - - - -");
    bench_free(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_step_is_in_the_register),
        cmocka_unit_test(what_is_wrong_changes_nothing),
        cmocka_unit_test(a_consent_counts_from_that_moment),
        cmocka_unit_test(a_roster_brings_nobody_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
