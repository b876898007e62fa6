/*
 * cmd_audit.c - `carewatch audit verify|dump`: the lines of who did what, from outside, while
 * the daemon runs or not.
 *
 * The chain alone cannot tell that somebody rewrote all of it: the heads can, which the daemon
 * publishes once a day. Those in the file beside the store are compared by themselves, those
 * that were kept elsewhere (the log of another machine) are given with --head.
 */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_out.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/str.h"
#include "cli/cli.h"
#include "io/config.h"
#include "io/store_audit.h"

struct request {
    const char *config_file, *store, *heads;
    struct audit_head *head;
    size_t n_heads;
};

static int usage(FILE *out)
{
    fprintf(
        out,
        "usage: carewatch audit verify [--head N:SHA256]... [--heads FILE] [-c FILE | "
        "--store FILE]\n"
        "       carewatch audit dump [-c FILE | --store FILE]\n"
        "verify names every line that was changed, taken out, moved or cut off, and exits 1 "
        "if there\nis one; the heads in STORE.audit-heads are compared as well, --heads "
        "names another file.\ndump prints the lines, oldest first, as they are hashed, with "
        "the reason behind a tab.\n");
    return out == stdout ? EXIT_OK : EXIT_USAGE;
}

static void say_mistake(void *ctx, const struct config_mistake *mistake)
{
    (void)ctx;
    fprintf(stderr, "%s:%d: %s\n", mistake->file ? mistake->file : "(command line)",
            mistake->line, mistake->text);
}

static void say_bad(void *ctx, const char *sentence)
{
    (void)ctx;
    printf("%s\n", sentence);
}

static void say_line(void *ctx, const char *line, const char *why)
{
    struct buf *room = ctx;
    struct json_out out;
    buf_clear(room);
    json_out_init(&out, room);
    json_text(&out, str_of(why));
    printf("%s%s%s\n", line, why[0] ? "\t" : "", why[0] ? buf_text(room) : "");
}

static void take_heads(struct request *request, const struct audit_head *head, size_t n)
{
    request->head =
        xrealloc(request->head, (request->n_heads + n + 1) * sizeof(*request->head));
    for (size_t i = 0; i < n; i++)
        request->head[request->n_heads++] = head[i];
}

/* "N:SHA256", as the log has it. */
static bool take_head(struct request *request, const char *argument)
{
    struct cw_str rest = str_of(argument), number;
    struct audit_head head;
    if (!str_split(&rest, ':', &number) || num_parse_u64(number, &head.n) < 0 ||
        rest.n != AUDIT_HASH_MAX - 1 || !str_copy(head.hash, sizeof(head.hash), rest))
        return false;
    take_heads(request, &head, 1);
    return true;
}

/* The file beside the store may not be there yet; one that was named has to be. */
static int read_heads(struct request *request, const char *path, struct cw_error *err)
{
    char beside[4096];
    struct audit_head *head;
    size_t n;
    (void)snprintf(beside, sizeof(beside), "%s" AUDIT_HEADS_ENDING, path);
    int ret = store_audit_heads_read(request->heads ? request->heads : beside, &head, &n, err);
    if (ret == -ENOENT && !request->heads)
        return 0;
    take_heads(request, head, n);
    free(head);
    return ret;
}

static int verify(struct request *request, const char *path)
{
    struct cw_error err = {""};
    struct audit_head newest = {.n = 0};
    int64_t n = read_heads(request, path, &err);
    const struct audit_check check = {
        .bad = say_bad, .head = request->head, .n_heads = request->n_heads};
    if (n == 0)
        n = store_audit_verify(path, &check, &newest, &err);
    if (n < 0) {
        fprintf(stderr, "carewatch audit: %s\n", err.text);
        return EXIT_UNREACHABLE;
    }
    printf("%llu lines, %lld damages, %zu published heads compared\n",
           (unsigned long long)newest.n, (long long)n, request->n_heads);
    if (newest.n > 0)
        printf("head %llu:%s\n", (unsigned long long)newest.n, newest.hash);
    return n == 0 ? EXIT_OK : EXIT_NEGATIVE;
}

static int dump(const char *path)
{
    struct cw_error err = {""};
    struct buf room;
    buf_init(&room, 65536);
    int ret = store_audit_dump(path, say_line, &room, &err);
    buf_done(&room);
    if (ret)
        fprintf(stderr, "carewatch audit: %s\n", err.text);
    return ret ? EXIT_UNREACHABLE : EXIT_OK;
}

static int run(struct request *request, const char *action, const char *path)
{
    if (strcmp(action, "verify") == 0)
        return verify(request, path);
    return strcmp(action, "dump") == 0 ? dump(path) : usage(stderr);
}

int cmd_audit(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'}, {"store", required_argument, NULL, 's'},
        {"heads", required_argument, NULL, 'F'},  {"head", required_argument, NULL, 'H'},
        {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0}};
    struct request request = {0};
    struct config *config = NULL;
    int option, code = EXIT_USAGE;
    bool good = true;
    while (good && (option = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
        if (option == 'c')
            request.config_file = optarg;
        else if (option == 's')
            request.store = optarg;
        else if (option == 'F')
            request.heads = optarg;
        else if (option == 'H')
            good = take_head(&request, optarg);
        else
            return usage(option == 'h' ? stdout : stderr);
    }
    if (!good || optind + 1 != argc)
        code = usage(stderr);
    else if (request.store)
        code = run(&request, argv[optind], request.store);
    else if (config_load(&config, request.config_file, NULL, 0, say_mistake, NULL) == 0)
        code = run(&request, argv[optind], config->store.path);
    config_free(config);
    free(request.head);
    return code;
}
