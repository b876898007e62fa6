/*
 * test_notify_email.c - the mail to the byte: envelope, thread, encoded subject and body; and
 * which answers of a server are final.
 */
#define TESTED carewatch_plugin_notify_email
#include "notifying.h"

#include <errno.h>

static int setup(void **state)
{
    notifying_setup(state);
    set(*state, "url", "smtp://mail.example.cn:587");
    set(*state, "from", "care@example.cn");
    set(*state, "to", "desk@example.cn,head@example.cn");
    return 0;
}
#undef CASE
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, notifying_teardown)

static const char *header(const struct notifying *f, const char *name)
{
    size_t n = strlen(name);
    for (uint32_t i = 0; i < f->request.n_headers; i++) {
        if (strncmp(f->request.header[i], name, n) == 0 && f->request.header[i][n] == ':')
            return f->request.header[i] + n + 2;
    }
    return NULL;
}

static void a_first_mail_begins_a_thread(void **state)
{
    struct notifying *f = *state;
    f->alarm.rev = 1;
    render(f);
    assert_string_equal(f->request.url, "smtp://mail.example.cn:587");
    assert_string_equal(header(f, "X-Server-Tls"), "required");
    assert_null(header(f, "X-Server-Login"));
    assert_string_equal(header(f, "From"), "care@example.cn");
    assert_string_equal(header(f, "To"), "desk@example.cn, head@example.cn");
    assert_string_equal(header(f, "Date"), "Tue, 14 Nov 2023 22:13:20 +0000");
    assert_string_equal(header(f, "Message-ID"), "<01ABC.1@example.cn>");
    assert_null(header(f, "In-Reply-To"));
    assert_string_equal(header(f, "X-Priority"), "1");
    assert_string_equal(header(f, "Auto-Submitted"), "auto-generated");
    assert_string_equal(header(f, "MIME-Version"), "1.0");
    assert_string_equal(header(f, "Content-Transfer-Encoding"), "base64");
    /* 【高】s-17 3-12 血氧过低 06:13:15 */
    assert_string_equal(header(f, "Subject"),
                        "=?UTF-8?B?44CQ6auY44CRcy0xNyAzLTEyIOihgOawp+i/h+S9jiAwNjoxMzoxNQ==?=");
    assert_string_equal(
        f->request.body,
        "44CQ6auY44CRcy0xNyAzLTEyIOihgOawp+i/h+S9jiAwNjoxMzoxNQ0KDQrlnLDngrk6IHMtMTcg\r\n"
        "My0xMg0K5pe26Ze0OiAwNjoxMzoxNQ0K5oql6K2m57yW5Y+3OiAwMUFCQw0KDQo=\r\n");
}

static void it_says_what_to_do(void **state)
{
    struct notifying *f = *state;
    set(f, "language", "en");
    says_what_to_do(f);
    render(f);
    /* "...\r\n\r\nAction: See the resident now, call the nurse\r\n\r\nPlace: ..." */
    assert_string_equal(
        f->request.body,
        "W0hJR0hdIHMtMTcgMy0xMiBMb3cgb3h5Z2VuIHNhdHVyYXRpb24gMDY6MTM6MTUNCg0KQWN0aW9u\r\n"
        "OiBTZWUgdGhlIHJlc2lkZW50IG5vdywgY2FsbCB0aGUgbnVyc2UNCg0KUGxhY2U6IHMtMTcgMy0x\r\n"
        "Mg0KVGltZTogMDY6MTM6MTUNCkFsYXJtOiAwMUFCQw0KDQo=\r\n");
}

static void later_mails_answer_to_the_first(void **state)
{
    struct notifying *f = *state;
    cleared(f);
    set(f, "language", "en");
    set(f, "user", "care");
    set(f, "password", "hush hush");
    f->alarm.priority = CW_PRIORITY_LOW;
    render(f);
    assert_string_equal(header(f, "Message-ID"), "<01ABC.3@example.cn>");
    assert_string_equal(header(f, "In-Reply-To"), "<01ABC.1@example.cn>");
    assert_string_equal(header(f, "References"), "<01ABC.1@example.cn>");
    assert_string_equal(header(f, "X-Server-Login"), "care hush hush");
    assert_null(header(f, "X-Priority"));
}

/* No word of a subject is longer than 75 characters, and none cuts a character in two. */
static void a_long_subject_becomes_several_words(void **state)
{
    struct notifying *f = *state;
    f->alarm.text_zh =
        CW_STR("血氧过低血氧过低血氧过低血氧过低血氧过低血氧过低血氧过低血氧过低");
    set(f, "subject", "养老");
    render(f);
    struct cw_str rest = str_of(header(f, "Subject")), word;
    int n = 0;
    while (str_split(&rest, ' ', &word)) {
        assert_true(word.n <= 75);
        assert_true(str_starts(word, "=?UTF-8?B?"));
        n++;
    }
    assert_true(n >= 3);
}

static void whoever_is_no_address_is_refused(void **state)
{
    struct notifying *f = *state;
    static const struct {
        const char *option, *value;
    } row[] = {
        {"url", "http://mail"}, {"url", "smtp://a b"},
        {"from", "nobody"},     {"from", "a@b\r\nBcc: x@y"},
        {"to", "a@b.cn,x y@z"}, {"to", "@b.cn"},
        {"to", "a@b@c"},        {"from", "<a@b.cn>"},
        {"user", "two words"},  {"utc_offset", "noon"},
    };
    assert_int_equal(TESTED.open(f->self, &f->err), 0);
    for (size_t i = 0; i < N(row); i++) {
        void *state_of_row;
        setup(&state_of_row);
        struct notifying *bad = state_of_row;
        set(bad, row[i].option, row[i].value);
        if (TESTED.open(bad->self, &bad->err) == 0)
            fail_msg("%s = \"%s\" is taken", row[i].option, row[i].value);
        notifying_teardown(&state_of_row);
    }
}

static void answers_are_final_or_not(void **state)
{
    static const struct answer_row row[] = {
        {250, "", CW_DONE},     {0, "", CW_RETRY},      {421, "", CW_RETRY},
        {450, "", CW_RETRY},    {452, "", CW_RETRY},    {535, "", CW_RETRY},
        {530, "", CW_RETRY},    {550, "", CW_REJECTED}, {552, "", CW_REJECTED},
        {554, "", CW_REJECTED},
    };
    judge_rows(*state, row, N(row));
}

static void a_person_on_duty_has_a_mail_of_ones_own(void **state)
{
    struct notifying *f = *state;
    assert_int_equal(TESTED.ops.notifier->address(f->self), CW_ADDRESS_EMAIL);
    f->alarm.to = CW_STR("li");
    render(f); /* not known: to the channel's own */
    assert_string_equal(header(f, "To"), "desk@example.cn, head@example.cn");
    f->alarm.address = CW_STR("li@example.cn");
    render(f);
    assert_string_equal(header(f, "To"), "li@example.cn");
    f->alarm.address = CW_STR("li@example.cn\r\nBcc: all@example.cn");
    assert_true(TESTED.ops.notifier->render(f->self, &f->alarm, NOW_NS, &f->request, &f->err) <
                0);
    f->alarm.address = CW_STR("");
    set(f, "to", "");
    assert_int_equal(
        TESTED.ops.notifier->render(f->self, &f->alarm, NOW_NS, &f->request, &f->err), -ENOENT);
    assert_non_null(strstr(f->err.text, "no mail address of li is known"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_person_on_duty_has_a_mail_of_ones_own),
        CASE(a_first_mail_begins_a_thread),
        CASE(it_says_what_to_do),
        CASE(later_mails_answer_to_the_first),
        CASE(a_long_subject_becomes_several_words),
        CASE(whoever_is_no_address_is_refused),
        CASE(answers_are_final_or_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
