/*
 * cmd_token.c - `carewatch token add|list|revoke`: bearer tokens of the API, in the store's
 * file. A running daemon notices within a second. The secret is shown once and kept nowhere.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "api/api_roles.h"
#include "base/clock.h"
#include "base/str.h"
#include "base/units.h"
#include "cli/cli.h"
#include "io/config.h"
#include "io/store.h"

struct request {
    const char *config_file, *store;
    struct token token;
};

static int usage(FILE *out)
{
    fprintf(
        out,
        "usage: carewatch token add --role ROLE [--district ID] [--site ID] [--area ID]\n"
        "                           [--department NAME]\n"
        "                           [--expires 90d] [--label NAME] [-c FILE | --store FILE]\n"
        "       carewatch token list [-o json] [-c FILE | --store FILE]\n"
        "       carewatch token revoke HASH [-c FILE | --store FILE]\n"
        "roles: viewer dispatcher supervisor admin facility district inspector metrics\n");
    return out == stdout ? EXIT_OK : EXIT_USAGE;
}

static int complain_about(const struct cw_error *err)
{
    fprintf(stderr, "carewatch: %s\n", err->text);
    return EXIT_NEGATIVE;
}

static void say_mistake(void *ctx, const struct config_mistake *mistake)
{
    (void)ctx;
    fprintf(stderr, "%s:%d: %s\n", mistake->file ? mistake->file : "(command line)",
            mistake->line, mistake->text);
}

/* A scope that would show nothing, or more than the role's name says, is a mistake. */
static int check_scope(const struct token *token, struct cw_error *err)
{
    uint32_t role = role_of(token->role);
    if (role == 0)
        return err_set(err, -1, "\"%s\" is no role", token->role);
    if (role == ROLE_FACILITY && token->site[0] == '\0')
        return err_set(err, -1, "a facility's token needs --site");
    if (role == ROLE_DISTRICT && token->district[0] == '\0' && token->area[0] == '\0')
        return err_set(err, -1, "a district's token needs --district, or --area for a part");
    return 0;
}

static int add(const struct request *request, const char *path)
{
    char secret[TOKEN_SECRET_MAX];
    struct cw_error err;
    if (check_scope(&request->token, &err) < 0) {
        (void)complain_about(&err);
        return EXIT_USAGE;
    }
    if (store_token_add(path, &request->token, secret, &err) < 0)
        return complain_about(&err);
    printf("%s\n", secret);
    fprintf(stderr, "This is shown once. Give it to nobody else.\n");
    return EXIT_OK;
}

/* Only "add" may make the file: a wrong path must not look like a store without tokens. */
static int run(const struct request *request, char **argument, int n, const char *path)
{
    struct cw_error err;
    if (n == 1 && strcmp(argument[0], "add") == 0)
        return add(request, path);
    bool is_list = n == 1 && strcmp(argument[0], "list") == 0;
    if (!is_list && !(n == 2 && strcmp(argument[0], "revoke") == 0))
        return usage(stderr);
    if (access(path, F_OK) != 0) {
        fprintf(stderr, "carewatch: there is no store %s (%s)\n", path, strerror(errno));
        return EXIT_UNREACHABLE;
    }
    if (is_list) {
        struct buf json;
        buf_init(&json, (size_t)8 << 20);
        int r = store_token_list(path, &json, &err);
        if (r == 0)
            printf("%s\n", buf_text(&json));
        buf_done(&json);
        return r < 0 ? complain_about(&err) : EXIT_OK;
    }
    return store_token_revoke(path, argument[1], &err) < 0 ? complain_about(&err) : EXIT_OK;
}

/* False, and said: the option is unknown or its value wrong. */
static bool take_option(struct request *request, int option, const char *value)
{
    struct token *token = &request->token;
    struct cw_error err;
    int64_t after_ns = 0;
    switch (option) {
    case 'c':
        request->config_file = value;
        return true;
    case 's':
        request->store = value;
        return true;
    case 'R':
        return str_copy(token->role, sizeof(token->role), str_of(value));
    case 'D':
        return id_valid(str_of(value)) &&
               str_copy(token->district, sizeof(token->district), str_of(value));
    case 'I':
        return id_valid(str_of(value)) &&
               str_copy(token->site, sizeof(token->site), str_of(value));
    case 'A':
        return id_valid(str_of(value)) &&
               str_copy(token->area, sizeof(token->area), str_of(value));
    case 'P':
        return value[0] && utf8_valid(str_of(value)) &&
               str_copy(token->department, sizeof(token->department), str_of(value));
    case 'L':
        return id_valid(str_of(value)) &&
               str_copy(token->label, sizeof(token->label), str_of(value));
    case 'E':
        if (duration_parse(str_of(value), &after_ns, &err) < 0 || after_ns <= 0)
            return false;
        token->expires_ns = clock_wall_ns() + after_ns;
        return true;
    case 'o': /* a list is JSON anyway */
        return strcmp(value, "json") == 0;
    default:
        return false;
    }
}

int cmd_token(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},  {"store", required_argument, NULL, 's'},
        {"role", required_argument, NULL, 'R'},    {"district", required_argument, NULL, 'D'},
        {"site", required_argument, NULL, 'I'},    {"label", required_argument, NULL, 'L'},
        {"area", required_argument, NULL, 'A'},    {"department", required_argument, NULL, 'P'},
        {"expires", required_argument, NULL, 'E'}, {"output", required_argument, NULL, 'o'},
        {"help", no_argument, NULL, 'h'},          {NULL, 0, NULL, 0}};
    struct request request = {.config_file = NULL};
    int option;
    while ((option = getopt_long(argc, argv, "c:o:h", options, NULL)) != -1) {
        if (!take_option(&request, option, optarg)) {
            if (option != 'h' && option != '?')
                fprintf(stderr, "carewatch: \"%s\" is not valid here\n", optarg);
            return usage(option == 'h' ? stdout : stderr);
        }
    }
    if (optind >= argc)
        return usage(stderr);
    if (request.store)
        return run(&request, argv + optind, argc - optind, request.store);
    struct config *config = NULL;
    if (config_load(&config, request.config_file, NULL, 0, say_mistake, NULL) < 0)
        return EXIT_USAGE;
    int code = run(&request, argv + optind, argc - optind, config->store.path);
    config_free(config);
    return code;
}
