/*
 * cmd_notify_test.c - `carewatch notify-test CHANNEL -c FILE`: a drill alarm through one
 * channel, by the functions the daemon uses.
 *
 * --dry-run prints the request instead: method, URL, headers, body. Secrets are *** there:
 * every secret option's value wherever it stands, and parameters of the URL that are named
 * like one. Exit: 0 delivered, 1 the target (or the configuration) says no, 2 no such
 * channel, 3 no answer.
 */
#include <getopt.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/request.h"
#include "base/str.h"
#include "base/units.h"
#include "cli/cli.h"
#include "cli/cmd_config.h"
#include "core/alarm/alarm.h"
#include "io/http_client.h"
#include "io/mqtt.h"
#include "outbox/carrier.h"
#include "outbox/outbox_request.h"

#define MAX_SHOWN (256u << 10)

struct trial {
    const struct config *config;
    const struct channel *channel;
    uint32_t priority;
    bool dry_run;
    const char *address; /* of somebody who would be on duty; NULL: to whom the channel names */
    struct cw_request request;
    int exit_code;
};

/* ---- the alarm ---- */

/* A row as the store would give it; the caller frees alarm_json. */
static void drill_row(const struct trial *trial, struct outbox_row *row)
{
    struct buf json, id;
    struct json_out out;
    int64_t now_ns = clock_wall_ns();
    struct alarm alarm = {
        .rev = 1,
        .priority = trial->priority,
        .category = CATEGORY_TECHNICAL,
        .state = ALARM_UNACK,
        .active = true,
        .drill = true,
        .rule = "notify-test",
        .kind = "notify-test",
        .site = "drill",
        .text_zh = "通知测试，请勿处理",
        .text_en = "Notification test, nothing to do",
        .action_zh = "无需处理",
        .action_en = "nothing to do",
        .value = NAN,
        .limit = NAN,
        .raised_ns = now_ns,
        .count = 1,
    };
    buf_init(&id, 64);
    buf_printf(&id, "notify-test %lld", (long long)now_ns);
    hash_id(buf_str(&id), alarm.id);
    buf_done(&id);
    buf_init(&json, MAX_SHOWN);
    json_out_init(&out, &json);
    alarm_json(&alarm, &out);
    *row = (struct outbox_row){.rev = 1, .change = "raised", .at_ns = now_ns};
    (void)str_copy(row->alarm, sizeof(row->alarm), str_of(alarm.id));
    (void)str_copy(row->channel, sizeof(row->channel), str_of(trial->channel->name));
    if (trial->address)
        (void)str_copy(row->to, sizeof(row->to), CW_STR("who-is-on-duty"));
    row->alarm_json = buf_take(&json);
}

/* ---- what may be shown ---- */

static void replace_all(struct buf *text, struct cw_str secret)
{
    if (secret.n == 0)
        return;
    struct buf masked;
    struct cw_str rest = buf_str(text);
    buf_init(&masked, MAX_SHOWN);
    for (const char *at; rest.n && (at = memmem(rest.p, rest.n, secret.p, secret.n));) {
        buf_add(&masked, rest.p, (size_t)(at - rest.p));
        buf_add_text(&masked, "***");
        rest.n -= (size_t)(at - rest.p) + secret.n;
        rest.p = at + secret.n;
    }
    buf_add_str(&masked, rest);
    buf_done(text);
    *text = masked;
}

/* Values of the instance's secret options, as they are and as they stand in a URL. */
static void mask_secrets(const struct channel *channel, struct buf *text)
{
    const struct cw_option *option = channel->plugin->option;
    for (; option && option->name; option++) {
        if (option->type != CW_OPT_SECRET)
            continue;
        const char *secret;
        memcpy(&secret, (const char *)channel->self + option->offset, sizeof(secret));
        struct buf escaped;
        buf_init(&escaped, MAX_SHOWN);
        url_escape(&escaped, str_of(secret));
        replace_all(text, str_of(secret));
        replace_all(text, buf_str(&escaped));
        buf_done(&escaped);
    }
}

static bool named_like_a_secret(struct cw_str name)
{
    static const char *const words[] = {"key",  "token",     "access_token", "secret",
                                        "sign", "signature", "password",     "apikey"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (str_is(name, words[i]))
            return true;
    }
    return false;
}

/* user:password@ and the values of parameters that are named like a secret. */
static void print_url(const struct channel *channel, const char *url)
{
    struct buf shown, text;
    struct cw_str rest = str_of(url), base, parameter;
    buf_init(&text, MAX_SHOWN);
    buf_init(&shown, MAX_SHOWN);
    (void)str_split(&rest, '?', &base);
    const char *host = memmem(base.p, base.n, "://", 3);
    const char *at = host ? memchr(host, '@', base.n - (size_t)(host - base.p)) : NULL;
    if (at) {
        buf_add(&text, base.p, (size_t)(host - base.p) + 3);
        buf_add_text(&text, "***");
        base.n -= (size_t)(at - base.p);
        base.p = at;
    }
    buf_add_str(&text, base);
    for (char separator = '?'; str_split(&rest, '&', &parameter); separator = '&') {
        struct cw_str value = parameter, name;
        (void)str_split(&value, '=', &name);
        buf_add_char(&text, separator);
        buf_add_str(&text, named_like_a_secret(name) ? name : parameter);
        buf_add_text(&text, named_like_a_secret(name) ? "=***" : "");
    }
    buf_add_str(&shown, buf_str(&text));
    mask_secrets(channel, &shown);
    printf("%.*s\n", (int)shown.n, shown.n ? shown.p : "");
    buf_done(&text);
    buf_done(&shown);
}

static void print_masked(const struct channel *channel, struct cw_str line)
{
    struct buf text;
    buf_init(&text, MAX_SHOWN);
    buf_add_str(&text, line);
    mask_secrets(channel, &text);
    printf("%.*s\n", (int)text.n, text.n ? text.p : "");
    buf_done(&text);
}

static int print_request(const struct trial *trial)
{
    const struct cw_request *request = &trial->request;
    printf("%s ", request->method);
    print_url(trial->channel, request->url);
    for (uint32_t i = 0; i < request->n_headers; i++)
        print_masked(trial->channel, str_of(request->header[i]));
    printf("\n");
    print_masked(trial->channel, (struct cw_str){request->body, request->n_body});
    return EXIT_OK;
}

/* ---- sending ---- */

static void on_answer(void *ctx, const struct http_answer *answer)
{
    struct trial *trial = ctx;
    struct cw_error err = {""};
    uint32_t outcome = trial->channel->plugin->ops.notifier->judge(
        trial->channel->self, answer->status, answer->body, &err);
    long long ms = (long long)(answer->elapsed_ns / NS_PER_MS);
    const char *name = trial->channel->name;
    if (outcome == CW_DONE) {
        printf("%s: delivered (%d, %lld ms)\n", name, answer->status, ms);
        trial->exit_code = EXIT_OK;
    } else if (answer->status == 0) {
        printf("%s: no answer after %lld ms, would be tried again (%s)\n", name, ms,
               answer->error ? answer->error : err.text);
        trial->exit_code = EXIT_UNREACHABLE;
    } else {
        printf("%s: not delivered, %s (%s)\n", name,
               outcome == CW_RETRY ? "would be tried again" : "would be given up", err.text);
        trial->exit_code = EXIT_NEGATIVE;
    }
}

/* A facility's topic: through the first broker of the configuration, acknowledged by it. */
static int publish(struct trial *trial)
{
    struct mqtt_publisher *publisher = NULL;
    struct cw_error err = {""};
    const char *topic = trial->request.url + strlen("mqtt:");
    int64_t began_ns = clock_monotonic_ns(), left = 1;
    if (trial->config->n_mqtt == 0 ||
        mqtt_publisher_open(&publisher, &trial->config->mqtt[0], &err) != 0) {
        printf("%s: no broker (%s)\n", trial->channel->name,
               err.text[0] ? err.text : "there is none in the configuration");
        return EXIT_UNREACHABLE;
    }
    if (mqtt_publisher_send(publisher, topic,
                            (struct cw_str){trial->request.body, trial->request.n_body}, 1,
                            false) == 0)
        left = 0;
    left += mqtt_publisher_close(publisher);
    const struct http_answer answer = {.status = left ? 0 : 200,
                                       .error = "the broker did not acknowledge it",
                                       .elapsed_ns = clock_monotonic_ns() - began_ns};
    on_answer(trial, &answer);
    return trial->exit_code;
}

static int send_request(struct trial *trial)
{
    uv_loop_t loop;
    struct http_client *client = NULL;
    struct carrier *carrier = NULL;
    struct http_call call;
    if (strncmp(trial->request.url, "mqtt:", 5) == 0)
        return publish(trial);
    if (uv_loop_init(&loop) != 0 || http_client_new(&client, &loop) != 0) {
        fprintf(stderr, "carewatch: no client for HTTP can be made\n");
        return EXIT_UNREACHABLE;
    }
    (void)signal(SIGPIPE, SIG_IGN); /* a program need not read its input */
    trial->exit_code = -1;
    carrier_start(&carrier, &loop, client, NULL);
    request_call(&trial->request, trial->channel, &call);
    (void)carrier_call(carrier, &call, on_answer, trial);
    while (trial->exit_code < 0)
        (void)uv_run(&loop, UV_RUN_ONCE);
    carrier_stop(carrier);
    http_client_free(client);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&loop);
    return trial->exit_code;
}

static int run_trial(struct trial *trial)
{
    struct request_writer writer;
    struct outbox_row row;
    struct cw_error err = {""};
    int exit_code = EXIT_NEGATIVE;
    drill_row(trial, &row);
    const struct telling telling = {&row, trial->address, row.at_ns, clock_wall_ns()};
    request_room(&trial->request);
    if (request_writer_init(&writer, &err) != 0 ||
        request_write(&writer, trial->channel, &telling, &trial->request, &err) != 0)
        fprintf(stderr, "carewatch: channel %s: %s\n", trial->channel->name, err.text);
    else
        exit_code = trial->dry_run ? print_request(trial) : send_request(trial);
    request_writer_done(&writer);
    request_free(&trial->request);
    free(row.alarm_json);
    return exit_code;
}

/* ---- the command line ---- */

static void usage(FILE *out)
{
    fprintf(out, "usage: carewatch notify-test CHANNEL -c FILE [--dry-run] [--priority P]\n"
                 "       [--address NUMBER|MAIL] [-p section.key=value]...\n\n"
                 "Sends a drill alarm through a channel and says what became of it. --dry-run\n"
                 "prints the request instead. P is high, medium or low (preset: only high\n"
                 "alarms mention persons). --address is where somebody on duty would be\n"
                 "reached: sms and email send there, as they do when a roster is told.\n");
}

static bool read_priority(const char *text, uint32_t *priority)
{
    for (uint32_t p = CW_PRIORITY_HIGH; p <= CW_PRIORITY_LOW; p++) {
        if (strcmp(text, priority_name((enum cw_priority)p)) == 0) {
            *priority = p;
            return true;
        }
    }
    return false;
}

static const struct channel *channel_find(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->n_channels; i++) {
        if (strcmp(config->channel[i].name, name) == 0)
            return &config->channel[i];
    }
    fprintf(stderr, "carewatch: no channel \"%s\"; there are:", name);
    for (size_t i = 0; i < config->n_channels; i++)
        fprintf(stderr, " %s", config->channel[i].name);
    fprintf(stderr, "\n");
    return NULL;
}

int cmd_notify_test(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},   {"dry-run", no_argument, NULL, 'n'},
        {"priority", required_argument, NULL, 'P'}, {"address", required_argument, NULL, 'A'},
        {"help", no_argument, NULL, 'h'},           {0}};
    struct config_arguments arguments = {0};
    struct trial trial = {.priority = CW_PRIORITY_LOW};
    int c;
    while ((c = getopt_long(argc, argv, "c:p:nh", options, NULL)) != -1) {
        if (c == 'h') {
            usage(stdout);
            return EXIT_OK;
        }
        if (c == 'c')
            arguments.file = optarg;
        else if (c == 'n')
            trial.dry_run = true;
        else if (c == 'A')
            trial.address = optarg;
        else if (!(c == 'P' && read_priority(optarg, &trial.priority)) &&
                 !(c == 'p' && config_arguments_override(&arguments, optarg))) {
            usage(stderr);
            return EXIT_USAGE;
        }
    }
    if (optind + 1 != argc || !arguments.file) {
        usage(stderr);
        return EXIT_USAGE;
    }
    struct config *config = config_arguments_load(&arguments);
    if (!config)
        return EXIT_NEGATIVE;
    trial.config = config;
    trial.channel = channel_find(config, argv[optind]);
    int exit_code = trial.channel ? run_trial(&trial) : EXIT_USAGE;
    config_free(config);
    return exit_code;
}
