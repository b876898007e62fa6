/*
 * cmd_schema.c - `carewatch schema config|openapi|metrics|roles`: what the program promises,
 * from the tables it runs by.
 */
#include <stdio.h>
#include <string.h>

#include "api/api.h"
#include "base/buf.h"
#include "cli/cli.h"
#include "io/config.h"
#include "metrics.h"

int cmd_schema(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*print)(struct buf *out);
    } schema[] = {{"config", config_print_reference},
                  {"openapi", api_openapi},
                  {"metrics", metrics_schema},
                  {"roles", api_role_matrix}};
    for (size_t i = 0; argc == 2 && i < sizeof(schema) / sizeof(schema[0]); i++) {
        if (strcmp(argv[1], schema[i].name) != 0)
            continue;
        struct buf out;
        buf_init(&out, (size_t)4 << 20);
        schema[i].print(&out);
        bool ended = out.n > 0 && out.p[out.n - 1] == '\n';
        printf("%s%s", buf_text(&out), ended ? "" : "\n");
        buf_done(&out);
        return EXIT_OK;
    }
    bool asked = argc == 2 && strcmp(argv[1], "--help") == 0;
    fprintf(asked ? stdout : stderr, "usage: carewatch schema config|openapi|metrics|roles\n");
    return asked ? EXIT_OK : EXIT_USAGE;
}
