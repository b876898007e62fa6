/*
 * notify_exec.c - an alarm to a program of the operator's: the whole alarm as JSON on its
 * input, what decides most in its environment. No shell is in between.
 *
 * Exit 0: told. 65 (EX_DATAERR): it never will be. Anything else, a signal, or too much time:
 * again. The same alarm and revision may come twice, so CAREWATCH_ID tells them.
 */
#include <errno.h>
#include <stdio.h>

#include <carewatch/plugin.h>

#include "base/alarm_text.h"
#include "base/request.h"
#include "base/str.h"

#define MAX_PATH 1000u
#define MAX_TOLD 120

struct exec {
    const char *program;
    const char *const *arguments;
    struct alarm_words words;
};

#define AT(field) offsetof(struct exec, field)

static const struct cw_option exec_options[] = {
    {"program", CW_OPT_TEXT, AT(program), 0, 0, CW_REQUIRED, "absolute path of the program",
     NULL},
    {"arguments", CW_OPT_LIST, AT(arguments), 0, 0, CW_OPTIONAL,
     "its arguments, the same for every alarm", NULL},
    ALARM_WORDS_OPTIONS(exec, words),
    {NULL, 0, 0, 0, 0, NULL, NULL, NULL},
};

static int32_t exec_open(void *self, struct cw_error *err)
{
    const struct exec *exec = self;
    struct cw_str path = str_of(exec->program);
    if (path.n < 2 || path.p[0] != '/' || path.n > MAX_PATH)
        return err_set(err, -EINVAL, "program \"%.150s\" is no absolute path", exec->program);
    return alarm_words_check(&exec->words, err);
}

static int environment(struct cw_request *request, const char *name, struct cw_str value)
{
    struct buf text;
    buf_init(&text, request->max_text);
    buf_printf(&text, "%s=%.*s", name, (int)value.n, value.n ? value.p : "");
    int ret = text.full ? -E2BIG : request_header(request, "Environment", buf_str(&text));
    buf_done(&text);
    return ret;
}

static int write_environment(const struct exec *exec, const struct cw_alarm *alarm,
                             int64_t now_ns, struct cw_request *request)
{
    static const char *const priority[] = {[CW_PRIORITY_HIGH] = "high",
                                           [CW_PRIORITY_MEDIUM] = "medium",
                                           [CW_PRIORITY_LOW] = "low"};
    struct buf text;
    char id[100];
    uint32_t p = alarm->priority >= CW_PRIORITY_HIGH && alarm->priority <= CW_PRIORITY_LOW
                     ? alarm->priority
                     : CW_PRIORITY_LOW;
    (void)snprintf(id, sizeof(id), "%.*s:%u", (int)alarm->id.n, alarm->id.p, alarm->rev);
    int ret = environment(request, "PATH", CW_STR("/usr/local/bin:/usr/bin:/bin"));
    ret = ret ? ret : environment(request, "LANG", CW_STR("C.UTF-8"));
    ret = ret ? ret : environment(request, "CAREWATCH_ID", str_of(id));
    ret = ret ? ret : environment(request, "CAREWATCH_CHANGE", alarm->change);
    ret = ret ? ret : environment(request, "CAREWATCH_PRIORITY", str_of(priority[p]));
    ret = ret ? ret : environment(request, "CAREWATCH_SITE", alarm->site);
    ret =
        ret ? ret
            : environment(request, "CAREWATCH_DRILL", alarm->drill ? CW_STR("1") : CW_STR("0"));
    buf_init(&text, request->max_text);
    alarm_text_line(&exec->words, alarm, now_ns, &text);
    ret = ret ? ret : environment(request, "CAREWATCH_TEXT", buf_str(&text));
    buf_done(&text);
    return ret;
}

static int32_t exec_render(const void *self, const struct cw_alarm *alarm, int64_t now_ns,
                           struct cw_request *request, struct cw_error *err)
{
    const struct exec *exec = self;
    struct buf url, body;
    buf_init(&url, request->max_text);
    buf_init(&body, request->max_body);
    buf_printf(&url, "exec:%s", exec->program);
    buf_add_str(&body, alarm->json);
    buf_add_char(&body, '\n');
    request->method = "RUN";
    int ret = request_url(request, &url);
    for (const char *const *one = exec->arguments; one && *one && ret == 0; one++)
        ret = request_header(request, "Argument", str_of(*one));
    ret = ret ? ret : write_environment(exec, alarm, now_ns, request);
    ret = ret ? ret : request_body(request, &body);
    buf_done(&url);
    buf_done(&body);
    return ret ? err_set(err, ret, "the alarm or the arguments do not fit") : 0;
}

/* The statuses are the carrier's: 200, 400 for EX_DATAERR, 500, 0 for no end of its own. */
static uint32_t exec_judge(const void *self, int32_t status, struct cw_str body,
                           struct cw_error *err)
{
    (void)self;
    if (status == 200)
        return CW_DONE;
    (void)err_set(err, 0, "the program %s: %.*s",
                  status == 400 ? "gave up"
                  : status == 0 ? "did not end"
                                : "failed",
                  (int)utf8_cut(body, MAX_TOLD), body.n ? body.p : "");
    return status == 400 ? CW_REJECTED : CW_RETRY;
}

static const struct cw_notifier exec_notifier = {
    .size = sizeof(struct cw_notifier),
    .render = exec_render,
    .judge = exec_judge,
};

CW_PLUGIN(notify_exec) = {
    .abi = CW_ABI,
    .kind = CW_NOTIFIER,
    .name = "exec",
    .help = "runs a program for each alarm, which is on its input as JSON",
    .self_size = sizeof(struct exec),
    .option = exec_options,
    .open = exec_open,
    .ops.notifier = &exec_notifier,
};
