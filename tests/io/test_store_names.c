/*
 * Names: sealed with a key for each resident, gone with it from every copy; and nothing of one
 * who is erased is left in any file of the store.
 */
#include "io/name_cipher.h"
#include "io/store_audit.h"
#include "io/store_fixture.h"
#include "io/store_names.h"
#include "io/store_tool.h"

#define CANARY "Canary-Bird 王小明"

static void run(struct fixture *f, int n)
{
    run_until_answers(f, n);
    f->n_answers = 0;
}

static void kept(void *ctx)
{
    ((struct fixture *)ctx)->n_answers++;
}

static void set_name(struct fixture *f, const char *resident, const char *text)
{
    store_name_set(f->store, "home-1", resident, str_of(text), kept, f);
    run(f, 1);
}

static const char *get_name(struct fixture *f, const char *site, const char *resident)
{
    store_name_get(f->store, site, resident, on_items, f);
    run(f, 1);
    return f->items;
}

/* Does a file of the folder hold the bytes? */
static bool anywhere(struct fixture *f, const char *text)
{
    char command[300];
    (void)snprintf(command, sizeof(command), "grep -rqaF -- '%s' %s", text, f->dir);
    return system(command) == 0;
}

static void a_text_opens_with_its_key_and_for_its_person_only(void **state)
{
    (void)state;
    unsigned char key[NAME_KEY_BYTES], other[NAME_KEY_BYTES];
    struct buf sealed, text;
    name_key_make(key);
    name_key_make(other);
    buf_init(&sealed, 200);
    buf_init(&text, 200);
    name_seal(key, CW_STR("home-1/r-88"), CW_STR(CANARY), &sealed);
    assert_int_equal(sealed.n, sizeof(CANARY) - 1 + NAME_OVERHEAD);
    assert_int_equal(name_open(key, CW_STR("home-1/r-88"), buf_str(&sealed), &text), 0);
    assert_string_equal(buf_text(&text), CANARY);
    buf_clear(&text);
    assert_true(name_open(other, CW_STR("home-1/r-88"), buf_str(&sealed), &text) < 0);
    assert_true(name_open(key, CW_STR("home-1/r-89"), buf_str(&sealed), &text) < 0);
    assert_true(name_open(key, CW_STR("home-1/r-88"), CW_STR("short"), &text) < 0);
    for (size_t i = 0; i < sealed.n; i++) {
        sealed.p[i] = (char)(sealed.p[i] ^ 1);
        assert_true(name_open(key, CW_STR("home-1/r-88"), buf_str(&sealed), &text) < 0);
        assert_int_equal(text.n, 0);
        sealed.p[i] = (char)(sealed.p[i] ^ 1);
    }
    buf_done(&sealed);
    buf_done(&text);
}

static void a_name_is_read_back_and_lies_nowhere_in_the_open(void **state)
{
    struct fixture *f = *state;
    open_store(f);
    set_name(f, "r-88", "{\"name\":\"" CANARY "\"}");
    set_name(f, "r-89", "{\"name\":\"somebody else\"}");
    set_name(f, "r-88", "{\"name\":\"" CANARY "\",\"phone\":\"13800001111\"}");
    assert_string_equal(get_name(f, "home-1", "r-88"),
                        "{\"name\":\"" CANARY "\",\"phone\":\"13800001111\"}");
    assert_string_equal(get_name(f, "home-2", "r-88"), "");
    assert_string_equal(get_name(f, "home-1", "nobody"), "");
    reopen(f);
    assert_string_equal(get_name(f, "home-1", "r-89"), "{\"name\":\"somebody else\"}");
    assert_false(anywhere(f, "Canary-Bird"));
    assert_false(anywhere(f, "13800001111"));
}

static void what_is_forgotten_is_in_no_file_any_more(void **state)
{
    struct fixture *f = *state;
    open_store(f);
    store_name_set(f->store, NAMES_OF_DUTY, "li", CW_STR("{\"phone\":\"13800001111\"}"), kept,
                   f);
    run(f, 1);
    set_name(f, "li", "{\"name\":\"a resident\"}");
    assert_string_equal(get_name(f, NAMES_OF_DUTY, "li"), "{\"phone\":\"13800001111\"}");
    store_name_forget(f->store, NAMES_OF_DUTY, "li", on_items, f);
    run(f, 1);
    assert_int_equal(f->next, 1);
    store_name_forget(f->store, NAMES_OF_DUTY, "li", on_items, f);
    run(f, 1);
    assert_int_equal(f->next, 0);
    assert_string_equal(get_name(f, NAMES_OF_DUTY, "li"), "");
    assert_string_equal(get_name(f, "home-1", "li"), "{\"name\":\"a resident\"}");
    assert_false(anywhere(f, "~duty")); /* not even that there was one */
}

#define FIRST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define SECOND "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"

/* So many keys of so many bytes lie in the file. */
static int keys_of(struct fixture *f, int bytes)
{
    sqlite3 *db;
    sqlite3_stmt *s;
    char path[160];
    (void)snprintf(path, sizeof(path), "%s.keys", f->path);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db,
                                        "SELECT count(*) FROM resident WHERE length(key) = ?1",
                                        -1, &s, NULL),
                     SQLITE_OK);
    sqlite3_bind_int(s, 1, bytes);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    int n = sqlite3_column_int(s, 0);
    sqlite3_finalize(s);
    sqlite3_close(db);
    return n;
}

/* Introduced, changed, given up; and without it there are no names, nor a half of them. */
static void keys_are_sealed_with_one_that_lies_elsewhere(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *now, *before;
        int ret, n_sealed;
    } start[] = {
        {NULL, NULL, 0, 0},        {FIRST, NULL, 0, 2},        {FIRST, NULL, 0, 2},
        {NULL, NULL, -EACCES, 2},  {SECOND, NULL, -EACCES, 2}, {SECOND, FIRST, 0, 2},
        {FIRST, NULL, -EACCES, 2}, {SECOND, FIRST, 0, 2},      {SECOND, NULL, 0, 2},
        {NULL, FIRST, -EACCES, 2}, {NULL, SECOND, 0, 0},       {NULL, NULL, 0, 0},
    };
    struct cw_error err = {""};
    open_store(f);
    set_name(f, "r-1", "{\"name\":\"one\"}");
    set_name(f, "r-2", "{\"name\":\"two\"}");
    for (size_t i = 0; i < sizeof(start) / sizeof(start[0]); i++) {
        reopen(f);
        int ret = store_keys_seal(f->store, start[i].now, start[i].before, &err);
        if (ret != start[i].ret || keys_of(f, 60) != start[i].n_sealed)
            fail_msg("start %zu: %d %s, %d sealed", i, ret, err.text, keys_of(f, 60));
        if (ret)
            continue;
        assert_string_equal(get_name(f, "home-1", "r-1"), "{\"name\":\"one\"}");
        set_name(f, "r-2", "{\"name\":\"two\"}"); /* a key that is there is used */
        assert_string_equal(get_name(f, "home-1", "r-2"), "{\"name\":\"two\"}");
    }
    assert_int_equal(store_keys_seal(f->store, SECOND, NULL, &err), 0);
    set_name(f, "r-3", "{\"name\":\"three\"}");
    assert_int_equal(keys_of(f, 60), 3);
    assert_int_equal(keys_of(f, 32), 0);
    assert_false(anywhere(f, SECOND));
}

/* A correction of what is registered of the resident, and an entry of somebody else that
 * mentions the name. */
static void fill_trail(struct fixture *f, struct position at)
{
    struct store_entry row = {.kind = "residents",
                              .id = "home-1/r-88",
                              .org = "",
                              .site = "home-1",
                              .district = "",
                              .state = "",
                              .by = "clerk",
                              .what = "set",
                              .reason = CW_STR("her hip hurts"),
                              .changes = CW_STR("{\"care_level\":[\"self\",\"care\"]}"),
                              .json = CW_STR("{\"resident\":\"r-88\"}"),
                              .rev = 2,
                              .at_ns = 1};
    store_add_entry(f->store, at, 0, &row);
    row.kind = "complaints";
    row.id = "c-1";
    row.reason = CW_STR("as " CANARY " said");
    row.changes = CW_STR("{\"text\":[null,\"" CANARY " fell\"]}");
    row.json = CW_STR("{\"text\":\"" CANARY " fell\"}");
    store_add_entry(f->store, at, 1, &row);
}

static void fill(struct fixture *f)
{
    sqlite3 *db;
    char *why = NULL;
    const char *sql =
        "INSERT INTO alarms (id, rev, priority, state, rule, site, district, raised_ns,"
        " changed_ns, json) VALUES ('A1', 2, 'high', 'acked', 'r', 'home-1', '', 1, 2,"
        " '{\"id\":\"A1\",\"resident\":\"r-88\"}'), ('A2', 1, 'high', 'unack', 'r', 'home-1',"
        " '', 1, 2, '{\"id\":\"A2\",\"resident\":\"r-89\",\"text\":\"near " CANARY "\"}');"
        "INSERT INTO transitions VALUES (1, 1, 0, 'A1', 1, 1, 'raised', 'unack', '', ''),"
        " (1, 2, 0, 'A1', 2, 2, 'acked', 'acked', 'seat', 'her hip hurts'),"
        " (1, 3, 0, 'A2', 1, 1, 'raised', 'unack', '', 'found by " CANARY " today');"
        "INSERT INTO outbox (alarm, rev, channel, recipient, change, json, error) VALUES"
        " ('A2', 1, 'c', 'c', 'raised', '{\"text\":\"" CANARY "\"}', '');"
        "INSERT INTO facts (epoch, offset, ordinal, time_ns, line) VALUES"
        " (1, 1, 0, 1, 'x note=\"" CANARY "\" 1');";
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s", why);
    sqlite3_close(db);
    const struct audit_entry entry = {.by = "seat",
                                      .role = "dispatcher",
                                      .from = "",
                                      .what = "POST /api/v1/alarms/{id}/ack",
                                      .of = "A1",
                                      .why = CW_STR("her hip hurts")};
    fill_trail(f, (struct position){1, 9});
    store_audit(f->store, &entry, kept, f);
    run(f, 1);
}

static void whoever_is_erased_is_in_no_file_any_more(void **state)
{
    struct fixture *f = *state;
    struct mask_words words = {.n = 0};
    char copy[160], command[300];
    struct cw_error err = {""};
    open_store(f);
    fill(f);
    set_name(f, "r-88", "{\"name\":\"" CANARY "\"}");
    store_resident_export(f->store, "home-1", "r-88", on_items, f);
    run(f, 1);
    assert_non_null(strstr(f->items, "her hip hurts"));
    assert_null(strstr(f->items, "\"A2\""));
    store_resident_alarms(f->store, "home-1", "r-88", on_items, f);
    run(f, 1);
    assert_string_equal(f->items, "A1");
    (void)snprintf(copy, sizeof(copy), "%s/backup.db", f->dir);
    assert_int_equal(store_tool_backup(f->path, copy, &err), 0);
    mask_words_add(&words, CW_STR(CANARY));
    store_resident_erase(f->store, "home-1", "r-88", &words, on_items, f);
    run(f, 1);
    assert_true(f->next >= 6);
    assert_string_equal(get_name(f, "home-1", "r-88"), "");
    assert_true(anywhere(f, "Canary-Bird")); /* in the backup */
    assert_true(store_copy_erase(copy, "home-1", "r-88", &words, &err) >= 5);
    assert_false(anywhere(f, "Canary-Bird"));
    assert_false(anywhere(f, "her hip hurts"));
    /* What is left can be used, and the audit's chain stands. */
    struct audit_head newest;
    const struct audit_check check = {.ctx = NULL};
    assert_int_equal(store_audit_verify(f->path, &check, &newest, &err), 0);
    assert_int_equal(newest.n, 1);
    /* The backup's name cannot be opened either: its key is gone. */
    (void)snprintf(command, sizeof(command), "cp %s/backup.db %s", f->dir, f->path);
    store_close(f->store);
    f->store = NULL;
    assert_int_equal(system(command), 0);
    open_store(f);
    assert_string_equal(get_name(f, "home-1", "r-88"), "");
    mask_words_done(&words);
}

static void a_backup_has_names_but_no_keys(void **state)
{
    struct fixture *f = *state;
    char copy[160], command[800];
    struct cw_error err = {""};
    struct mask_words none = {.n = 0};
    open_store(f);
    set_name(f, "r-88", "{\"name\":\"" CANARY "\"}");
    (void)snprintf(copy, sizeof(copy), "%s/backup.db", f->dir);
    assert_int_equal(store_tool_backup(f->path, copy, &err), 0);
    store_resident_erase(f->store, "home-1", "r-88", &none, on_items, f);
    run(f, 1);
    store_close(f->store);
    f->store = NULL;
    (void)snprintf(command, sizeof(command), "cp %s %s && rm -f %s-wal %s-shm", copy, f->path,
                   f->path, f->path);
    assert_int_equal(system(command), 0);
    open_store(f);
    assert_string_equal(get_name(f, "home-1", "r-88"), "");
}

static void the_file_of_keys_is_for_its_owner_only(void **state)
{
    struct fixture *f = *state;
    char command[200];
    open_store(f);
    (void)snprintf(command, sizeof(command), "test \"$(stat -c %%a %s.keys)\" = 600", f->path);
    assert_int_equal(system(command), 0);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_opens_with_its_key_and_for_its_person_only),
        CASE(a_name_is_read_back_and_lies_nowhere_in_the_open),
        CASE(what_is_forgotten_is_in_no_file_any_more),
        CASE(keys_are_sealed_with_one_that_lies_elsewhere),
        CASE(whoever_is_erased_is_in_no_file_any_more),
        CASE(a_backup_has_names_but_no_keys),
        CASE(the_file_of_keys_is_for_its_owner_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
