/*
 * test_api_cases.c - cases of supervision over HTTP: each step by those who may say it, twice
 * is once, and another's case does not exist.
 */
#include "core/oversight/closed.h"
#include "core/oversight/ledger.h"
#include "io/api_fixture.h"
#include "io/store_attachments.h"

#define JSON "Content-Type: application/json\r\n"
enum { PUBLIC, VIEWER, DISPATCHER, SUPERVISOR, ADMIN, FACILITY, DISTRICT_, INSPECTOR, METRICS };

struct row {
    const char *path; /* below /api/v1 */
    uint32_t role;
    const char *body;
    int status;
    const char *seen; /* in the answer; NULL: anything */
};

static int post(struct fixture *f, const char *path, const char *secret, const char *headers,
                const char *body)
{
    char whole[160];
    (void)snprintf(whole, sizeof(whole), "/api/v1%s", path);
    return ask(f, "POST", whole, secret, headers, body);
}

static void play(struct fixture *f, const struct row *row, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int status = post(f, row[i].path, f->secret[row[i].role], JSON, row[i].body);
        if (status != row[i].status || (row[i].seen && !strstr(answer_text, row[i].seen)))
            fail_msg("row %zu, %s: %s", i, row[i].path, answer_text);
    }
}
#define PLAY(row) play(f, row, sizeof(row) / sizeof((row)[0]))

static void an_inspection_goes_its_way_by_the_hands_it_may(void **state)
{
    static const struct row row[] = {
        {"/inspections/i-1/planned", INSPECTOR,
         "{\"org\":\"home-1\",\"site\":\"home-1\",\"inspectors\":[\"a\"]}", 400, "two"},
        {"/inspections/i-1/planned", INSPECTOR,
         "{\"org\":\"home-1\",\"site\":\"home-1\",\"inspectors\":[\"a\",\"b\"]}", 201,
         "\"state\":\"planned\""},
        {"/inspections/i-1/finding", VIEWER, "{}", 403, NULL},
        {"/inspections/i-1/finding", FACILITY, "{}", 403, NULL},
        {"/inspections/i-1/finding", INSPECTOR,
         "{\"text\":\"exit blocked\",\"clause\":\"6.2\"}", 200, "\"due_at\""},
        {"/inspections/i-1/passed", FACILITY, "{}", 403, NULL},
        {"/inspections/i-1/rectified", INSPECTOR, "{}", 403, NULL},
        {"/inspections/i-1/rectified", FACILITY, "{\"evidence\":\"photo 1\"}", 200,
         "\"state\":\"rectified\""},
        {"/inspections/i-1/passed", INSPECTOR, "{\"by\":\"god\"}", 400, "not yours"},
        {"/inspections/i-1/passed", INSPECTOR, "", 200, "\"by\":\"the-inspector\""},
        {"/inspections/i-1/rectified", FACILITY, "{}", 409, "it is passed"},
        {"/inspections/i-2/rectified", SUPERVISOR, "{}", 404, NULL},
        {"/inspections/i-2/finding", INSPECTOR, "[1]", 400, "object"},
    };
    struct fixture *f = *state;
    populate(f);
    PLAY(row);
    /* Another's case is not there, neither to read nor to write. */
    assert_int_equal(post(f, "/inspections/i-1/reply", f->other_site, JSON, "{}"), 404);
    assert_int_equal(ask(f, "GET", "/api/v1/inspections/i-1", f->other_site, NULL, NULL), 404);
    assert_int_equal(post(f, "/inspections/i-9/planned", f->secret[DISTRICT_], JSON,
                          "{\"org\":\"home-2\",\"inspectors\":[\"a\",\"b\"]}"),
                     404);
    assert_int_equal(post(f, "/inspections/i-9/planned", f->secret[DISTRICT_], JSON,
                          "{\"org\":\"home-1\",\"inspectors\":[\"a\",\"b\"]}"),
                     201);
}

static void what_a_phone_sends_again_is_done_once(void **state)
{
    static const char headers[] = JSON "Idempotency-Key: k-1\r\n";
    struct fixture *f = *state;
    const char *path = "/inspections/i-1/finding",
               *body = "{\"org\":\"home-1\",\"text\":\"x\"}";
    populate(f);
    assert_int_equal(post(f, path, f->secret[INSPECTOR], headers, body), 201);
    assert_int_equal(post(f, path, f->secret[INSPECTOR], headers, body), 200);
    assert_non_null(strstr(answer_text, "\"rev\":1,"));
    assert_int_equal(post(f, path, f->secret[INSPECTOR], JSON, body), 200);
    assert_non_null(strstr(answer_text, "\"rev\":1,"));
    /* A late copy does not undo what came after it. */
    assert_int_equal(post(f, "/inspections/i-1/rectified", f->secret[SUPERVISOR], JSON, "{}"),
                     200);
    assert_int_equal(post(f, path, f->secret[INSPECTOR], headers, body), 200);
    assert_non_null(strstr(answer_text, "\"state\":\"rectified\""));
    restart(f);
    assert_int_equal(post(f, path, f->secret[INSPECTOR], headers, body), 200);
    assert_int_equal(post(f, path, f->secret[INSPECTOR], JSON, body), 409);
}

static void the_other_ledgers_have_their_steps(void **state)
{
    static const struct row row[] = {
        {"/duties/home-1.annual_report.2025/filed", FACILITY,
         "{\"org\":\"home-1\",\"duty\":\"annual_report\",\"period\":\"2025\","
         "\"evidence\":\"a\"}",
         201, "\"state\":\"filed\""},
        {"/duties/home-1.annual_report.2025/result", FACILITY, "{\"result\":\"passed\"}", 403,
         NULL},
        {"/duties/home-1.annual_report.2025/result", SUPERVISOR, "{\"result\":\"合格\"}", 200,
         "\"state\":\"passed\""},
        {"/duties/home-1.annual_report.2024/result", SUPERVISOR,
         "{\"org\":\"home-1\",\"duty\":\"annual_report\",\"period\":\"2025\",\"result\":\"x\"}",
         400, "not of"},
        {"/evaluations/home-1.gbt37276/scored", SUPERVISOR,
         "{\"org\":\"home-1\",\"scheme\":\"gbt37276\",\"sections\":{\"service\":500}}", 201,
         "\"computed_grade\":\"none\""},
        {"/complaints/c-1/filed", SUPERVISOR,
         "{\"org\":\"home-1\",\"about\":\"home-1\",\"channel\":\"12345\"}", 201,
         "\"state\":\"filed\""},
        {"/complaints/c-1/closed", FACILITY, "{\"result\":\"ok\"}", 403, NULL},
        {"/complaints/c-1/closed", SUPERVISOR, "{\"result\":\"ok\",\"satisfied\":true}", 200,
         "\"state\":\"closed\""},
    };
    struct fixture *f = *state;
    populate(f);
    PLAY(row);
}

static void the_account_of_an_organisation_is_its_own(void **state)
{
    struct fixture *f = *state;
    const char *path = "/api/v1/organisations/home-1/account";
    populate(f);
    message(
        f, "care/v1/dept-1/desk/event",
        "{\"id\":\"x1\",\"type\":\"duty.result\",\"org\":\"home-1\",\"duty\":\"annual_report\","
        "\"period\":\"2024\",\"result\":\"合格\"}");
    assert_int_equal(ask(f, "GET", path, f->secret[FACILITY], NULL, NULL), 200);
    struct json_node *root = answer_json();
    assert_int_equal(count_of(node_get(root, "annual_report")), 1);
    assert_int_equal(count_of(node_get(root, "other_duties")), 1);
    assert_int_equal(count_of(node_get(root, "disclosure")), 0);
    assert_int_equal(count_of(node_get(root, "honesty")), 1);
    assert_int_equal(count_of(node_get(root, "inspections")), 1);
    /* Trainees and audience are never added to who was helped. */
    assert_non_null(node_get(node_get(root, "activities"), "beneficiaries"));
    assert_null(node_get(node_get(root, "activities"), "persons"));
    json_read_free(root);
    /* What it is judged by holds no count of alarms and no time of response. */
    assert_null(strstr(answer_text, "alarm"));
    assert_null(strstr(answer_text, "response"));
    assert_int_equal(ask(f, "GET", path, f->other_site, NULL, NULL), 404);
    assert_int_equal(ask(f, "GET", "/api/v1/statutes", NULL, NULL, NULL), 200);
    assert_non_null(strstr(answer_text, "\"source\":\"Order 60 art. 11\""));
    assert_int_equal(ask(f, "GET", "/api/v1/duties?overdue=yes", f->secret[VIEWER], NULL, NULL),
                     200);
    assert_null(strstr(answer_text, "annual_report"));
}

/* SHA-256 of the bytes below. */
static const char photo[] = "\xff\xd8\xff\xe0 not much of a photo";

static int put_photo(struct fixture *f, const char *id, const char *secret, const char *bytes)
{
    char path[120];
    (void)snprintf(path, sizeof(path), "/api/v1/attachments/%.64s", id);
    return ask(f, "PUT", path, secret, "Content-Type: image/jpeg\r\n", bytes);
}

static void a_photo_is_kept_once_and_seen_with_its_case(void **state)
{
    struct fixture *f = *state;
    char id[ATTACHMENT_ID + 1], path[120], body[200];
    populate(f);
    attachment_id(str_of(photo), id);
    (void)snprintf(path, sizeof(path), "/api/v1/attachments/%.64s", id);
    assert_int_equal(put_photo(f, id, f->secret[INSPECTOR], "GIF89a"), 415);
    assert_int_equal(put_photo(f, "abc", f->secret[INSPECTOR], photo), 400);
    assert_int_equal(put_photo(f, id, f->secret[VIEWER], photo), 403);
    for (int twice = 0; twice < 2; twice++)
        assert_int_equal(put_photo(f, id, f->secret[INSPECTOR], photo), 201);
    /* As long as no case names it, it is nobody's to see. */
    assert_int_equal(ask(f, "GET", path, f->secret[SUPERVISOR], NULL, NULL), 404);
    (void)snprintf(body, sizeof(body),
                   "{\"org\":\"home-1\",\"text\":\"x\",\"attachments\":[\"%s\"]}", id);
    assert_int_equal(post(f, "/inspections/i-1/finding", f->secret[INSPECTOR], JSON, body),
                     201);
    assert_int_equal(ask(f, "GET", path, f->secret[FACILITY], NULL, NULL), 200);
    assert_non_null(strstr(answer_text, "Content-Type: image/jpeg"));
    assert_non_null(strstr(answer_text, "not much of a photo"));
    assert_int_equal(ask(f, "GET", path, f->other_site, NULL, NULL), 404);
    /* The inspected's own photo stands beside it, not in its place. */
    assert_int_equal(post(f, "/inspections/i-1/rectified", f->secret[FACILITY], JSON,
                          "{\"evidence\":\"done\",\"attachments\":[\"later\"]}"),
                     200);
    assert_non_null(strstr(answer_text, "\"claimed_attachments\":[\"later\"]"));
    assert_non_null(strstr(answer_text, id));
    /* No more than the quota, and what is there takes no more room. */
    f->daemon.config->store.attachments_bytes = 40;
    assert_int_equal(put_photo(f, id, f->secret[INSPECTOR], photo), 201);
    char other[] = "\xff\xd8\xff\xe0 another photo";
    attachment_id(str_of(other), id);
    assert_int_equal(put_photo(f, id, f->secret[INSPECTOR], other), 409);
}

/* Out of memory, and still there for who may see the case; no other photo comes with it. */
static void a_photo_outlives_its_case_in_memory(void **state)
{
    static const struct {
        const char *step;
        int role;
    } way[] = {{"rectified", FACILITY}, {"passed", INSPECTOR}, {"archived", INSPECTOR}};
    struct fixture *f = *state;
    char id[3][ATTACHMENT_ID + 1], path[3][120], body[300], step[60];
    const char *bytes[] = {photo, "\xff\xd8\xff\xe0 mended", "\xff\xd8\xff\xe0 nobody's"};
    populate(f);
    for (int i = 0; i < 3; i++) {
        attachment_id(str_of(bytes[i]), id[i]);
        (void)snprintf(path[i], sizeof(path[i]), "/api/v1/attachments/%.64s", id[i]);
        assert_int_equal(put_photo(f, id[i], f->secret[INSPECTOR], bytes[i]), 201);
    }
    (void)snprintf(body, sizeof(body),
                   "{\"org\":\"home-1\",\"text\":\"%s\",\"attachments\":[\"%s\"]}", id[2],
                   id[0]);
    assert_int_equal(post(f, "/inspections/i-1/finding", f->secret[INSPECTOR], JSON, body),
                     201);
    for (size_t i = 0; i < sizeof(way) / sizeof(way[0]); i++) {
        (void)snprintf(step, sizeof(step), "/inspections/i-1/%s", way[i].step);
        (void)snprintf(body, sizeof(body),
                       i ? "{}" : "{\"evidence\":\"done\",\"attachments\":[\"%s\"]}", id[1]);
        int status = post(f, step, f->secret[way[i].role], JSON, body);
        if (status != 200)
            fail_msg("%s: %s", step, answer_text);
    }
    struct fold *fold =
        (struct fold *)(uintptr_t)engine_fold(pipeline_engine(f->daemon.pipeline));
    ((struct ruleset *)(uintptr_t)fold->rules)->settings.oversight.keep_closed_ns = 1;
    fold->now_ns += NS_PER_S;
    closed_leave(fold);
    assert_null(book_find(fold->book, &kind_inspections, CW_STR("i-1")));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(ask(f, "GET", path[i], f->secret[INSPECTOR], NULL, NULL), 200);
        assert_non_null(strstr(answer_text, "Content-Type: image/jpeg"));
        assert_int_equal(ask(f, "GET", path[i], f->secret[FACILITY], NULL, NULL), 200);
        assert_int_equal(ask(f, "GET", path[i], f->other_site, NULL, NULL), 404);
    }
    /* Words of a case that are an id are no reference. */
    assert_int_equal(ask(f, "GET", path[2], f->secret[INSPECTOR], NULL, NULL), 404);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_inspection_goes_its_way_by_the_hands_it_may, start,
                                        stop),
        cmocka_unit_test_setup_teardown(what_a_phone_sends_again_is_done_once, start, stop),
        cmocka_unit_test_setup_teardown(a_photo_is_kept_once_and_seen_with_its_case, start,
                                        stop),
        cmocka_unit_test_setup_teardown(a_photo_outlives_its_case_in_memory, start, stop),
        cmocka_unit_test_setup_teardown(the_account_of_an_organisation_is_its_own, start, stop),
        cmocka_unit_test_setup_teardown(the_other_ledgers_have_their_steps, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
