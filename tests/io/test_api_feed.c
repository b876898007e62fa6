/*
 * test_api_feed.c - what the public reads of lists, and the signed feed: each line verifies,
 * numbers have no gap, and of another's feed only what it signed is taken in.
 */
#include "io/api_fixture.h"
#include "io/feed_sign.h"

#define JSON "Content-Type: application/json\r\n"
#define SUPERVISOR 3
#define ADMIN 4
static const char own[] = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
static const char theirs[] = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";

/* RFC 8032, 7.1: tests 1 to 3. */
static void keys_and_signatures_are_those_of_the_rfc(void **state)
{
    static const struct {
        const char *key, *public_key, *text, *signature;
    } row[] = {
        {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
         "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
         "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e"
         "39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
        {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
         "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "r",
         "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f"
         "3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        char hex[FEED_SIGNATURE_HEX + 1];
        struct feed_key *key = feed_key_new(row[i].key);
        feed_key_public(key, hex);
        assert_string_equal(hex, row[i].public_key);
        feed_sign(key, str_of(row[i].text), hex);
        assert_string_equal(hex, row[i].signature);
        assert_true(feed_verify(row[i].public_key, str_of(row[i].text), str_of(hex)));
        assert_false(feed_verify(row[i].public_key, CW_STR("s"), str_of(hex)));
        hex[3] = hex[3] == '0' ? '1' : '0';
        assert_false(feed_verify(row[i].public_key, str_of(row[i].text), str_of(hex)));
        feed_key_free(key);
    }
    assert_null(feed_key_new("12"));
    assert_false(feed_verify("zz", CW_STR(""), CW_STR("")));
}

static int put_on(struct fixture *f, const char *verb, const char *role_secret)
{
    char path[100];
    (void)snprintf(path, sizeof(path), "/api/v1/credit/o-1/%s", verb);
    return ask(f, "POST", path, role_secret, JSON,
               "{\"list\":\"red\",\"evidence\":\"file 9\",\"text\":\"x\"}");
}

static void the_public_reads_what_counts_and_each_line_verifies(void **state)
{
    struct fixture *f = *state;
    char public_key[FEED_KEY_HEX + 1];
    struct feed_key *key = feed_key_new(own);
    feed_key_public(key, public_key);
    feed_key_free(key);
    entry(f, "organisations", "{\"org\":\"o-1\",\"name\":\"One\"}");
    assert_int_equal(put_on(f, "propose", f->secret[SUPERVISOR]), 200);
    assert_int_equal(ask(f, "GET", "/public/v1/credit", NULL, NULL, NULL), 200);
    assert_null(strstr(answer_text, "o-1"));
    assert_int_equal(put_on(f, "approve", f->secret[SUPERVISOR]), 409);
    assert_int_equal(put_on(f, "approve", f->secret[2]), 403);
    assert_int_equal(put_on(f, "approve", f->second), 200);
    assert_int_equal(ask(f, "GET", "/public/v1/credit", NULL, NULL, NULL), 200);
    assert_non_null(strstr(answer_text, "\"title\":\"红榜\""));
    assert_non_null(strstr(answer_text, "\"name\":\"One\""));
    assert_null(strstr(answer_text, "file 9"));
    assert_null(strstr(answer_text, "the-supervisor"));
    assert_int_equal(put_on(f, "withdraw", f->secret[SUPERVISOR]), 200);
    assert_int_equal(ask(f, "GET", "/public/v1/credit/feed?after=0", NULL, NULL, NULL), 200);
    struct json_node *root = answer_json();
    static const char *const change[] = {"\"listed\"", "\"removed\""};
    assert_int_equal(count_of(node_get(root, "items")), 2);
    for (size_t i = 0; i < 2; i++) {
        const struct json_node *line = node_at(node_get(root, "items"), i);
        const char *payload = node_text(node_get(line, "payload"), "");
        assert_int_equal(node_int(node_get(line, "seq"), 0), i + 1);
        assert_non_null(strstr(payload, change[i]));
        assert_null(strstr(payload, "file 9"));
        assert_true(feed_verify(public_key, str_of(payload),
                                str_of(node_text(node_get(line, "signature"), ""))));
    }
    json_read_free(root);
    assert_int_equal(ask(f, "GET", "/public/v1/credit/feed?after=1&limit=1", NULL, NULL, NULL),
                     200);
    assert_null(strstr(answer_text, "\\\"listed\\\""));
    assert_int_equal(ask(f, "GET", "/public/v1/credit/key", NULL, NULL, NULL), 200);
    assert_non_null(strstr(answer_text, public_key));
}

static void of_anothers_feed_what_it_signed_is_taken_in(void **state)
{
    static const char payload[] =
        "{\"seq\":4,\"change\":\"listed\",\"unified_code\":\"9144030071526726XG\","
        "\"list\":\"serious\",\"decision\":\"7\",\"authority\":\"elsewhere\"}";
    static const char stranger[] =
        "{\"seq\":5,\"change\":\"listed\",\"unified_code\":\"91350211M000100Y43\","
        "\"list\":\"serious\"}";
    struct fixture *f = *state;
    char good[FEED_SIGNATURE_HEX + 1], of_stranger[FEED_SIGNATURE_HEX + 1], body[2000];
    struct feed_key *key = feed_key_new(theirs);
    feed_sign(key, str_of(payload), good);
    feed_sign(key, str_of(stranger), of_stranger);
    feed_key_free(key);
    entry(f, "organisations",
          "{\"org\":\"o-1\",\"name\":\"One\",\"unified_code\":\"9144030071526726XG\"}");
    struct json_out out;
    struct buf text;
    buf_init(&text, sizeof(body));
    json_out_init(&out, &text);
    json_object(&out);
    json_key(&out, "items");
    json_array(&out);
    for (int i = 0; i < 3; i++) {
        json_object(&out);
        json_member_int(&out, "seq", 4 + i);
        json_member_text(&out, "payload", str_of(i == 1 ? stranger : payload));
        json_member_text(&out, "signature", str_of(i ? of_stranger : good));
        json_object_end(&out);
    }
    json_array_end(&out);
    json_object_end(&out);
    (void)snprintf(body, sizeof(body), "%s", buf_text(&text));
    buf_done(&text);
    const char *path = "/api/v1/partners/region-m/received";
    assert_int_equal(ask(f, "POST", path, f->secret[2], JSON, body), 403);
    assert_int_equal(
        ask(f, "POST", "/api/v1/partners/nobody/received", f->secret[SUPERVISOR], JSON, body),
        404);
    for (int twice = 0; twice < 2; twice++) {
        assert_int_equal(ask(f, "POST", path, f->secret[SUPERVISOR], JSON, body), 200);
        assert_non_null(strstr(answer_text, "{\"seq\":4,\"verdict\":\"taken\"}"));
        assert_non_null(strstr(answer_text, "{\"seq\":5,\"verdict\":\"not one of ours\"}"));
        assert_non_null(strstr(answer_text, "{\"seq\":6,\"verdict\":\"bad signature\"}"));
    }
    message(f, "care/v1/x/y/status", "{}");
    assert_int_equal(ask(f, "GET", "/api/v1/credit?org=o-1", f->secret[1], NULL, NULL), 200);
    assert_non_null(strstr(answer_text, "\"state\":\"received\""));
    assert_non_null(strstr(answer_text, "\"received_from\":\"region-m\""));
    assert_non_null(strstr(answer_text, "\"rev\":1,"));
    /* It puts nobody on a list of ours. */
    assert_int_equal(ask(f, "GET", "/public/v1/credit", NULL, NULL, NULL), 200);
    assert_null(strstr(answer_text, "o-1"));
    assert_int_equal(ask(f, "GET", "/public/v1/credit/feed", NULL, NULL, NULL), 200);
    assert_null(strstr(answer_text, "payload"));
}

/* One signed line of theirs, sent. */
static void send_line(struct fixture *f, int seq)
{
    char payload[200], signature[FEED_SIGNATURE_HEX + 1];
    struct json_out out;
    struct buf body;
    struct feed_key *key = feed_key_new(theirs);
    (void)snprintf(payload, sizeof(payload),
                   "{\"seq\":%d,\"change\":\"listed\",\"unified_code\":\"x\",\"list\":\"l\"}",
                   seq);
    feed_sign(key, str_of(payload), signature);
    feed_key_free(key);
    buf_init(&body, 4096);
    json_out_init(&out, &body);
    json_object(&out);
    json_key(&out, "items");
    json_array(&out);
    json_object(&out);
    json_member_int(&out, "seq", 1); /* what is not signed is not believed */
    json_member_text(&out, "payload", str_of(payload));
    json_member_text(&out, "signature", str_of(signature));
    json_object_end(&out);
    json_array_end(&out);
    json_object_end(&out);
    assert_int_equal(ask(f, "POST", "/api/v1/partners/region-m/received", f->secret[SUPERVISOR],
                         JSON, buf_text(&body)),
                     200);
    buf_done(&body);
}

static void a_number_that_is_passed_over_is_an_alarm(void **state)
{
    static const struct {
        int seq;
        bool gap;
    } row[] = {{4, false}, {5, false}, {8, true}, {6, true}, {7, false}};
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        send_line(f, row[i].seq);
        message(f, "care/v1/x/y/status", "{}");
        const struct alarm *alarm =
            alarm_open(&engine_fold(pipeline_engine(f->daemon.pipeline))->alarms,
                       CW_STR("feed-gap"), CW_STR("feeds:region-m"));
        bool told = alarm && alarm->active;
        if (told != row[i].gap)
            fail_msg("line %d", row[i].seq);
    }
}

/* Every organisation of the list once, two at a time. */
static void walk_list(struct fixture *f, const char *path, const char *secret, int n_wanted)
{
    char at[200], next[64] = "", seen[1000] = " ";
    int n = 0;
    do {
        (void)snprintf(at, sizeof(at), "%s?list=red&limit=2%s%s", path,
                       next[0] ? "&after=" : "", next);
        assert_int_equal(ask(f, "GET", at, secret, NULL, NULL), 200);
        struct json_node *root = answer_json();
        const struct json_node *items = node_get(root, "items"), *item;
        for (size_t i = 0; (item = node_at(items, i)); i++, n++) {
            char word[80];
            assert_true(i < 2);
            (void)snprintf(word, sizeof(word), " %s ", node_text(node_get(item, "org"), "?"));
            assert_null(strstr(seen, word));
            (void)snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), "%s", word + 1);
        }
        (void)snprintf(next, sizeof(next), "%s", node_text(node_get(root, "next"), ""));
        json_read_free(root);
    } while (next[0] && n <= n_wanted);
    assert_int_equal(n, n_wanted);
}

static void lists_of_organisations_come_in_pages(void **state)
{
    struct fixture *f = *state;
    populate(f); /* home-1 is on it */
    for (int i = 0; i < 5; i++) {
        char text[200];
        (void)snprintf(text, sizeof(text), "{\"org\":\"o-%d\",\"name\":\"One\"}", i);
        entry(f, "organisations", text);
        (void)snprintf(text, sizeof(text),
                       "{\"id\":\"l%d\",\"type\":\"credit.listed\",\"org\":\"o-%d\","
                       "\"list\":\"red\",\"evidence\":\"file\"}",
                       i, i);
        message(f, "care/v1/dept-1/desk/event", text);
    }
    walk_list(f, "/api/v1/credit", f->secret[SUPERVISOR], 6);
    walk_list(f, "/public/v1/credit", NULL, 6);
    assert_int_equal(ask(f, "GET", "/public/v1/credit?limit=1001", NULL, NULL, NULL), 400);
    assert_int_equal(ask(f, "GET", "/public/v1/credit?after=x", NULL, NULL, NULL), 400);
    assert_int_equal(ask(f, "GET", "/public/v1/credit?after=9999999", NULL, NULL, NULL), 200);
    assert_non_null(strstr(answer_text, "\"items\":[],\"next\":null"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_and_signatures_are_those_of_the_rfc),
        cmocka_unit_test_setup_teardown(the_public_reads_what_counts_and_each_line_verifies,
                                        start, stop),
        cmocka_unit_test_setup_teardown(of_anothers_feed_what_it_signed_is_taken_in, start,
                                        stop),
        cmocka_unit_test_setup_teardown(a_number_that_is_passed_over_is_an_alarm, start, stop),
        cmocka_unit_test_setup_teardown(lists_of_organisations_come_in_pages, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
