/*
 * cmd_remote.c - one call on a loop of its own, and its answer for a person or a script.
 */
#include "cli/cmd_remote.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/units.h"
#include "io/http_client.h"

#define MAX_ANSWER ((size_t)16 << 20)
#define MAX_TOKEN 256u

bool remote_option(struct remote *remote, int option, const char *argument)
{
    switch (option) {
    case 'u':
        remote->url = argument;
        return true;
    case 't':
        remote->token_file = argument;
        return true;
    case 'A':
        remote->ca_file = argument;
        return true;
    case 'o':
        remote->json = strcmp(argument, "json") == 0;
        return remote->json || strcmp(argument, "text") == 0;
    default:
        return false;
    }
}

struct outcome {
    int status;
    struct buf *body;
    char error[200];
};

static void on_answer(void *ctx, const struct http_answer *answer)
{
    struct outcome *outcome = ctx;
    outcome->status = answer->status;
    buf_add_str(outcome->body, answer->body);
    if (answer->error)
        (void)str_copy(outcome->error, sizeof(outcome->error), str_of(answer->error));
}

/* "Authorization: Bearer ..." from the file; false when it cannot be read. */
static bool read_token(const char *file, char *header, size_t cap)
{
    char token[MAX_TOKEN] = "";
    FILE *in = fopen(file, "re");
    bool good = in && fgets(token, sizeof(token), in);
    if (in)
        fclose(in);
    token[strcspn(token, "\r\n")] = '\0';
    if (good && token[0])
        (void)snprintf(header, cap, "Authorization: Bearer %s", token);
    explicit_bzero(token, sizeof(token));
    return good && header[0];
}

static int run_call(const struct http_call *call, struct outcome *outcome)
{
    uv_loop_t loop;
    struct http_client *client = NULL;
    if (uv_loop_init(&loop) != 0)
        return -1;
    int r = http_client_new(&client, &loop);
    if (r == 0) {
        (void)http_client_call(client, call, on_answer, outcome);
        while (outcome->status == 0 && outcome->error[0] == '\0' &&
               uv_run(&loop, UV_RUN_ONCE) != 0)
            continue;
        http_client_free(client);
        uv_run(&loop, UV_RUN_DEFAULT);
    }
    (void)uv_loop_close(&loop);
    return r;
}

/* The answer was a refusal: says it, and which exit code that is. */
static int refused(int status, const struct buf *body)
{
    struct json_node *root = json_read(buf_str(body), NULL);
    fprintf(stderr, "carewatch: refused (%d): %s\n", status,
            node_text(node_get(root, "detail"), "no reason given"));
    json_read_free(root);
    return status == 401 || status == 403 || status == 429 ? EXIT_REFUSED : EXIT_NEGATIVE;
}

int remote_call(const struct remote *remote, const char *method, const char *path,
                const char *header, struct cw_str body, struct buf *answer)
{
    const char *base = remote->url ? remote->url : getenv("CAREWATCH_URL");
    char url[2048], authorization[MAX_TOKEN + 32] = "";
    const char *headers[4];
    size_t n = 0;
    base = base && base[0] ? base : "http://127.0.0.1:8480";
    int length = (int)strlen(base);
    if (length > 0 && base[length - 1] == '/')
        length--;
    (void)snprintf(url, sizeof(url), "%.*s%s", length, base, path);
    if (remote->token_file &&
        !read_token(remote->token_file, authorization, sizeof(authorization))) {
        fprintf(stderr, "carewatch: no token in %s\n", remote->token_file);
        return EXIT_USAGE;
    }
    if (authorization[0])
        headers[n++] = authorization;
    if (body.n > 0)
        headers[n++] = "Content-Type: application/json";
    if (header)
        headers[n++] = header;
    struct http_call call = {.method = method,
                             .url = url,
                             .header = headers,
                             .n_headers = n,
                             .body = body,
                             .timeout_ns = 30 * NS_PER_S,
                             .max_answer = MAX_ANSWER,
                             .ca_file = remote->ca_file};
    struct outcome outcome = {.body = answer};
    int r = run_call(&call, &outcome);
    explicit_bzero(authorization, sizeof(authorization));
    if (r < 0 || outcome.status == 0) {
        fprintf(stderr, "carewatch: cannot reach %.*s: %s\n", length, base,
                outcome.error[0] ? outcome.error : "no answer");
        return EXIT_UNREACHABLE;
    }
    return outcome.status < 300 ? EXIT_OK : refused(outcome.status, answer);
}

int remote_read(const struct remote *remote, const char *method, const char *path,
                const char *header, struct cw_str body, struct json_node **root)
{
    struct buf answer;
    struct cw_error err = {""};
    *root = NULL;
    buf_init(&answer, MAX_ANSWER);
    int code = remote_call(remote, method, path, header, body, &answer);
    if (code == EXIT_OK && remote->json) {
        printf("%s\n", buf_text(&answer));
    } else if (code == EXIT_OK) {
        *root = json_read(buf_str(&answer), &err);
        if (!*root) {
            fprintf(stderr, "carewatch: the answer is %s\n", err.text);
            code = EXIT_UNREACHABLE;
        }
    }
    buf_done(&answer);
    return code;
}

int remote_list(const struct remote *remote, const char *path,
                void (*row)(void *ctx, const struct json_node *item), void *ctx)
{
    char page[1024], next[200] = "";
    struct json_node *root = NULL;
    int code;
    do {
        (void)snprintf(page, sizeof(page), "%s%climit=1000%s%s", path,
                       strchr(path, '?') ? '&' : '?', next[0] ? "&after=" : "", next);
        code = remote_read(remote, "GET", page, NULL, CW_STR(""), &root);
        const struct json_node *items = node_get(root, "items"), *item;
        for (size_t i = 0; (item = node_at(items, i)); i++)
            row(ctx, item);
        (void)str_copy(next, sizeof(next), str_of(node_text(node_get(root, "next"), "")));
        json_read_free(root);
    } while (code == EXIT_OK && next[0]);
    return code;
}

/* A list of texts, or of objects of which the first member says whom each is about. */
static void list_column(const struct json_node *list, struct buf *text)
{
    const struct json_node *one;
    const char *key, *before = "";
    for (size_t i = 0; (one = node_at(list, i)); i++) {
        const struct json_node *first = node_member(one, 0, &key);
        const char *name = node_text(first ? first : one, "?");
        if (strcmp(name, before) == 0)
            continue;
        buf_add_text(text, before[0] ? "," : "");
        log_escape(text, str_of(name));
        before = name;
    }
    if (text->n == 0)
        buf_add_char(text, '-');
}

void remote_column(const struct json_node *item, const char *key, int width)
{
    struct buf text;
    const struct json_node *value = node_get(item, key);
    buf_init(&text, 4096);
    if (node_is_number(value))
        buf_printf(&text, "%lld", (long long)node_int(value, 0));
    else if (value && !node_is_text(value))
        list_column(value, &text);
    else
        log_escape(&text, str_of(node_text(value, "-")));
    printf("%-*s ", width, buf_text(&text));
    buf_done(&text);
}
