/*
 * test_store_prune.c - what is older than the policy goes, with a proof in the audit's chain;
 * what is not, what is open, and what is the newest of its kind stays.
 */
#include "base/instant.h"
#include "base/units.h"
#include "io/store_audit.h"
#include "io/store_fixture.h"
#include "io/store_prune.h"

#define NOW "2031-06-01T00:00:00Z"

static void sql(struct fixture *f, const char *text)
{
    sqlite3 *db;
    char *why = NULL;
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    if (sqlite3_exec(db, text, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s: %s", text, why);
    sqlite3_close(db);
}

static int count(struct fixture *f, const char *text)
{
    sqlite3 *db;
    sqlite3_stmt *s;
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    if (sqlite3_prepare_v2(db, text, -1, &s, NULL) != SQLITE_OK)
        fail_msg("%s", sqlite3_errmsg(db));
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    int n = sqlite3_column_int(s, 0);
    sqlite3_finalize(s);
    sqlite3_close(db);
    return n;
}

/* A row a month from January 2020 on: 137 months until now, 77 of them older than 5 years. */
static void fill(struct fixture *f)
{
    open_store(f);
    store_close(f->store);
    f->store = NULL;
    sql(f, "WITH RECURSIVE m(i, s) AS (SELECT 0, unixepoch('2020-01-01') UNION ALL"
           " SELECT i + 1, unixepoch('2020-01-01', (i + 1) || ' months') FROM m WHERE i < 136)"
           " INSERT INTO visits (site, visit, district, service, recipient, worker, project,"
           " method, state, exceptions, standing, evidence, start_ms, end_ms, checkin_ms,"
           " checkout_ms, distance_m, score, amount_fen, changed_ms)"
           " SELECT 'inst', 'v' || i, 'd', 'meal', 'r-1', 'w', '', 'nfc', 7, 0, 0, 0, s * 1000,"
           " s * 1000, 0, 0, 0, 5, 0, s * 1000 FROM m");
    sql(f, "WITH RECURSIVE m(i, s) AS (SELECT 0, unixepoch('2020-01-01') UNION ALL"
           " SELECT i + 1, unixepoch('2020-01-01', (i + 1) || ' months') FROM m WHERE i < 136)"
           " INSERT INTO alarms (id, rev, priority, state, rule, site, district, raised_ns,"
           " changed_ns, json) SELECT 'a' || i, 1, 'low', CASE i WHEN 3 THEN 'acked' ELSE"
           " 'closed' END, 'r', 'inst', 'd', s * 1000000000, s * 1000000000, '{}' FROM m");
    sql(f, "INSERT INTO transitions SELECT 1, n, 0, id, 1, changed_ns, 'closed', 'closed', 'x',"
           " '' FROM alarms");
    sql(f, "WITH RECURSIVE m(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM m WHERE i < 9)"
           " INSERT INTO entry_trail SELECT 1, i, 0, 'organisations', 'o', i,"
           " unixepoch('2020-01-01') * 1000000000 + i, 'x', 'set', '', '{}' FROM m");
    open_store(f);
}

struct pruned {
    uint32_t n[N_PRUNES];
    bool is_done;
};

static void on_pruned(void *ctx, const uint32_t n[N_PRUNES])
{
    struct pruned *pruned = ctx;
    memcpy(pruned->n, n, sizeof(pruned->n));
    pruned->is_done = true;
}

static struct pruned prune(struct fixture *f, int64_t visits, int64_t alarms, int64_t trail)
{
    struct prune_policy policy = {
        .years = {[PRUNE_VISITS] = visits, [PRUNE_ALARMS] = alarms, [PRUNE_TRAIL] = trail}};
    struct pruned pruned = {.is_done = false};
    int64_t now_ns = 0;
    assert_int_equal(instant_parse(CW_STR(NOW), &now_ns), 0);
    store_prune(f->store, &policy, now_ns, on_pruned, &pruned);
    while (!pruned.is_done)
        uv_run(&f->loop, UV_RUN_ONCE);
    return pruned;
}

static void on_bad(void *ctx, const char *sentence)
{
    print_message("%s\n", sentence);
    ++*(int *)ctx;
}

static int64_t damages(struct fixture *f)
{
    struct audit_head newest;
    struct cw_error err = {""};
    int n = 0;
    const struct audit_check check = {.ctx = &n, .bad = on_bad};
    return store_audit_verify(f->path, &check, &newest, &err);
}

static void what_the_policy_keeps_stays(void **state)
{
    struct fixture *f = *state;
    fill(f);
    struct pruned none = prune(f, 0, 0, 0);
    assert_int_equal(none.n[PRUNE_VISITS] + none.n[PRUNE_ALARMS] + none.n[PRUNE_TRAIL], 0);
    assert_int_equal(count(f, "SELECT count(*) FROM audit"), 0);
    struct pruned some = prune(f, 5, 0, 0);
    assert_int_equal(some.n[PRUNE_VISITS], 77); /* before June 2026 */
    assert_int_equal(count(f, "SELECT min(start_ms) / 1000 >= unixepoch('2026-05-31') FROM"
                              " visits"),
                     1);
    assert_int_equal(count(f, "SELECT count(*) FROM visits"), 137 - 77);
    assert_int_equal(count(f, "SELECT count(*) FROM alarms"), 137);
    assert_int_equal(prune(f, 5, 0, 0).n[PRUNE_VISITS], 0);
}

static void what_is_open_or_the_newest_stays(void **state)
{
    struct fixture *f = *state;
    fill(f);
    struct pruned some = prune(f, 0, 5, 5);
    assert_int_equal(some.n[PRUNE_ALARMS], 76);
    assert_int_equal(count(f, "SELECT count(*) FROM alarms WHERE id = 'a3'"), 1);
    assert_int_equal(count(f, "SELECT count(*) FROM transitions"), 137 - 76);
    assert_int_equal(some.n[PRUNE_TRAIL], 8);
    assert_int_equal(count(f, "SELECT rev FROM entry_trail"), 9);
}

/* What went, by which policy, is a line of the chain; who takes the line out is found. */
static void the_proof_is_in_the_chain_of_the_audit(void **state)
{
    struct fixture *f = *state;
    fill(f);
    (void)prune(f, 5, 5, 5);
    assert_int_equal(
        count(f, "SELECT count(*) FROM audit WHERE line LIKE '%\"what\":\"prune\"%'"), 3);
    assert_int_equal(
        count(f,
              "SELECT count(*) FROM audit WHERE line LIKE '%visits: 77 rows from 2020-01-01 to"
              " 2026-05-01 by store.keep_visits = 5, sha256 %'"),
        1);
    assert_int_equal(damages(f), 0);
    sql(f, "DELETE FROM audit WHERE n = 2");
    assert_true(damages(f) > 0);
}

/* The same rows have the same hash, others another. */
static void the_hash_is_of_the_rows(void **state)
{
    static char line[2][400];
    struct fixture *f = *state;
    fill(f);
    for (int i = 0; i < 2; i++) {
        (void)prune(f, 5, 0, 0);
        f->n_answers = 0;
        store_query_audit(f->store, 0, 1, on_items, f);
        run_until_answers(f, 1);
        (void)snprintf(line[i], sizeof(line[i]), "%s", strstr(f->items, "sha256 "));
        line[i][71] = '\0';
        store_close(f->store);
        f->store = NULL;
        sql(f, "UPDATE visits SET start_ms = start_ms - 400000000000, changed_ms = changed_ms -"
               " 400000000000 WHERE n IN (SELECT n FROM visits LIMIT 3)");
        open_store(f);
    }
    assert_string_not_equal(line[0], line[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_the_policy_keeps_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_open_or_the_newest_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(the_proof_is_in_the_chain_of_the_audit, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(the_hash_is_of_the_rows, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
