/*
 * test_book.c - entries of the registry: what is taken, what is refused and why, what leaves
 * as a change, and that a snapshot holds all of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "unit/fold_bench.h"

static void a_row_is_taken_or_refused_with_the_reason(void **state)
{
    static const struct {
        const struct entry_kind *kind;
        const char *row, *refusal; /* NULL: taken */
    } row[] = {
        {&kind_organisations,
         "{'org':'o1','name':'X','type':'社团','unified_code':'9144030071526726XG'}", NULL},
        {&kind_organisations, "{'name':'X'}", "\"org\" is missing."},
        {&kind_organisations, "{'org':'o2'}", "\"name\" is missing."},
        {&kind_organisations, "{'org':'o 2','name':'X'}",
         "The member \"org\" is no valid id: \"o 2\"."},
        {&kind_organisations, "{'org':'o2','name':'X','unified_code':'9144030071526726XH'}",
         "\"unified_code\" is \"9144030071526726XH\": its check digit does not fit, it would "
         "be G."},
        {&kind_organisations, "{'org':'o2','name':'X','registered':'2020-02-30'}",
         "\"registered\" is \"2020-02-30\": it must be a date as 2026-01-31."},
        {&kind_organisations, "{'org':'o2','name':'X','colour':'red'}",
         "There is no \"colour\" in organisations."},
        {&kind_organisations, "{'org':'o2','name':'X','incubated_at':'nowhere'}",
         "\"incubated_at\" names \"nowhere\", which is not in sites."},
        {&kind_sites, "{'site':'s1','operators':'o1; o9'}",
         "\"operators\" names \"o9\", which is not in organisations."},
        {&kind_sites, "{'site':'s1','operators':['o1'],'capacity':'40','hours':'08-20'}", NULL},
        {&kind_sites, "{'site':'s1','capacity':'many'}",
         "\"capacity\" is \"many\": it must be a whole number from 0 to 1000000."},
        {&kind_residents, "{'site':'s1','resident':'r-1','ability':'severe'}", NULL},
        {&kind_residents, "{'resident':'r-1'}", "\"site\" is missing."},
        {&kind_residents, "{'site':'s1','resident':'r-2','name':'somebody'}",
         "\"name\" does not belong here: persons are pseudonyms, their names are kept in a "
         "table of their own."},
        {&kind_residents, "{'site':'s1','resident':'r-2','consent':{'vitals':'perhaps'}}",
         "\"consent\" must be an object of ids and true or false."},
        {&kind_areas, "{'area':'510104','level':'区','name':'锦江'}", NULL},
        {&kind_areas, "{'area':'c-1','level':'community','parent':'nobody'}",
         "\"parent\" names \"nobody\", which is not in areas."},
        {&kind_tenancies, "{'site':'base','org':'o1','result':'在孵'}", NULL},
    };
    (void)state;
    struct bench *bench = bench_new();
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        bench->err.text[0] = '\0';
        int code = bench_register(bench, row[i].kind, row[i].row);
        assert_string_equal(bench->err.text, row[i].refusal ? row[i].refusal : "");
        assert_int_equal(code, row[i].refusal ? -EINVAL : 0);
    }
    assert_int_equal(map_count(&bench->book.by_key), 5);
    bench_free(bench);
}

static void a_change_names_its_author_and_what_was_before(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    assert_int_equal(
        bench_register(bench, &kind_organisations, "{'org':'o1','name':'A','by':'ann'}"), 0);
    assert_string_equal(bench_changes(bench),
                        "set organisations o1 by ann {\"name\":[null,\"A\"]};");
    assert_int_equal(bench_register(bench, &kind_organisations,
                                    "{'org':'o1','name':'B','by':'bob','reason':'a slip'}"),
                     0);
    assert_string_equal(bench_changes(bench),
                        "set organisations o1 by bob {\"name\":[\"A\",\"B\"]};");
    /* The same again is no change; null takes a value away. */
    assert_int_equal(bench_register(bench, &kind_organisations, "{'org':'o1','name':'B'}"), 0);
    assert_string_equal(bench_changes(bench), "");
    assert_int_equal(
        bench_register(bench, &kind_organisations, "{'org':'o1','field':'care','by':'ann'}"),
        0);
    assert_int_equal(
        bench_register(bench, &kind_organisations, "{'org':'o1','field':null,'by':'ann'}"), 0);
    assert_string_equal(bench_changes(bench),
                        "set organisations o1 by ann {\"field\":[null,\"care\"]};"
                        "set organisations o1 by ann {\"field\":[\"care\",null]};");
    const struct entry *entry = book_find(&bench->book, &kind_organisations, CW_STR("o1"));
    assert_int_equal(entry->rev, 4);
    bench_free(bench);
}

static void there_are_no_more_than_the_limit(void **state)
{
    char text[80];
    (void)state;
    struct bench *bench = bench_new();
    for (int i = 0; i < 100; i++) {
        snprintf(text, sizeof(text), "{'area':'a%d','level':'grid'}", i);
        assert_int_equal(bench_register(bench, &kind_areas, text), 0);
    }
    assert_int_equal(bench_register(bench, &kind_areas, "{'area':'b','level':'grid'}"),
                     -ENOSPC);
    assert_int_equal(bench_register(bench, &kind_areas, "{'area':'a1','level':'street'}"), 0);
    assert_int_equal(bench->book.n_refused, 1);
    bench_free(bench);
}

static void a_roster_brings_residents_and_takes_them_away(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    assert_int_equal(bench_roster(bench, "s1",
                                  "{'devices':[],'residents':[{'resident':'r-1','care_level':"
                                  "'care'},{'resident':'r-2'}],'staff':[{'staff':'w-1','role':"
                                  "'nurse'},{'role':'cook'}]}"),
                     CW_ACCEPTED);
    const struct entry *r1 =
        book_find_of_site(&bench->book, &kind_residents, CW_STR("s1"), CW_STR("r-1"));
    assert_non_null(r1);
    assert_string_equal(r1->by, "s1");
    assert_true(str_is(entry_text(r1, "care_level"), "care"));
    assert_non_null(book_find_of_site(&bench->book, &kind_staff, CW_STR("s1"), CW_STR("w-1")));
    assert_int_equal(
        bench_roster(bench, "s1", "{'devices':[],'residents':[{'resident':'r-2'}]}"),
        CW_ACCEPTED);
    assert_true(str_is(entry_text(r1, "status"), "discharged"));
    /* No list of staff says nothing of them. */
    const struct entry *w1 =
        book_find_of_site(&bench->book, &kind_staff, CW_STR("s1"), CW_STR("w-1"));
    assert_true(str_is(entry_text(w1, "status"), "present"));
    /* A wrong row refuses the whole roster. */
    assert_int_equal(bench_roster(bench, "s1",
                                  "{'devices':[],'residents':[{'resident':'r-3'},"
                                  "{'resident':'r-4','ability':'so so'}]}"),
                     CW_REFUSED_EVENT);
    assert_null(book_find_of_site(&bench->book, &kind_residents, CW_STR("s1"), CW_STR("r-3")));
    bench_free(bench);
}

static void consent_withholds_kind_by_kind(void **state)
{
    static const char devices[] = "{'devices':[{'device':'mat','kind':'bed_mat','resident':"
                                  "'r-1'},{'device':'other'}]}";
    (void)state;
    struct bench *bench = bench_new();
    assert_int_equal(bench_roster(bench, "home", devices), CW_ACCEPTED);
    struct device *mat = bench_device(bench, "home", "mat");
    struct site *site = bench_site(bench, "home");
    assert_int_equal(mat->withheld, 0);
    const char *consent = "{'site':'home','resident':'r-1','consent':{'vitals':true}}";
    assert_int_equal(bench_register(bench, &kind_residents, consent), 0);
    assert_int_equal(mat->withheld, 2 | 4 | 8); /* at home, what is not named is not given */
    assert_int_equal(site->n_withheld, 1);
    assert_true(bench_reload(bench));
    mat = bench_device(bench, "home", "mat");
    site = bench_site(bench, "home");
    assert_int_equal(mat->withheld, 2 | 4 | 8);
    assert_int_equal(site->n_withheld, 1);
    consent = "{'site':'home','resident':'r-1','consent':'vitals=false;bed=true;room=true;"
              "location=true'}";
    assert_int_equal(bench_register(bench, &kind_residents, consent), 0);
    assert_int_equal(mat->withheld, 1);
    consent = "{'site':'home','resident':'r-1','consent':null}";
    assert_int_equal(bench_register(bench, &kind_residents, consent), 0);
    assert_int_equal(site->n_withheld, 0);
    /* In an institution only what was refused is withheld. */
    assert_int_equal(bench_roster(bench, "inst", devices), CW_ACCEPTED);
    consent = "{'site':'inst','resident':'r-1','consent':{'bed':false}}";
    assert_int_equal(bench_register(bench, &kind_residents, consent), 0);
    assert_int_equal(bench_device(bench, "inst", "mat")->withheld, 2);
    bench_free(bench);
}

static void a_snapshot_holds_all_of_it(void **state)
{
    struct buf before, after;
    (void)state;
    struct bench *bench = bench_new();
    assert_int_equal(bench_register(bench, &kind_organisations, "{'org':'o1','name':'A'}"), 0);
    assert_int_equal(bench_register(bench, &kind_areas, "{'area':'a','level':'grid'}"), 0);
    entry_forget(&bench->fold, book_find(&bench->book, &kind_organisations, CW_STR("o1")));
    assert_int_equal(
        bench_register(bench, &kind_residents, "{'site':'s1','resident':'r','category':'a;b'}"),
        0);
    bench_save(bench, &before);
    assert_true(bench_reload(bench));
    bench_save(bench, &after);
    assert_int_equal(before.n, after.n);
    assert_memory_equal(before.p, after.p, before.n);
    buf_done(&before);
    buf_done(&after);
    bench_free(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_is_taken_or_refused_with_the_reason),
        cmocka_unit_test(a_change_names_its_author_and_what_was_before),
        cmocka_unit_test(there_are_no_more_than_the_limit),
        cmocka_unit_test(a_roster_brings_residents_and_takes_them_away),
        cmocka_unit_test(consent_withholds_kind_by_kind),
        cmocka_unit_test(a_snapshot_holds_all_of_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
