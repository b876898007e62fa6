/*
 * config_override.c - what outranks the file: CAREWATCH_SECTION_KEY of the environment, then
 * -p section.key=value of the command line. Both become nodes of the tree, so that tables,
 * types and bounds are the same for all; only options of sections can be set so, no lists.
 */
#include "io/config_private.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/option.h"
#include "base/str.h"

#define ENVIRONMENT_PREFIX "CAREWATCH_"

static const char *nearest_section(const char *name)
{
    const char *nearest = NULL;
    unsigned best = 3;
    for (const struct section *section = config_sections; section->name; section++) {
        unsigned distance = str_distance(section->name, name, best);
        if (distance < best) {
            best = distance;
            nearest = section->name;
        }
    }
    return nearest;
}

static bool section_known(const char *name)
{
    for (const struct section *section = config_sections; section->name; section++) {
        if (strcmp(section->name, name) == 0)
            return true;
    }
    return false;
}

static void override_set(struct loader *loader, const char *section, const char *key,
                         const char *value, const char *origin)
{
    struct node *group = node_child(loader->root, section);
    if (group && group->type != NODE_GROUP)
        return; /* a mistake of the file, told when the section is read */
    if (!group)
        group = tree_new_node(loader, loader->root, section, NODE_GROUP);
    struct node *node = node_child(group, key);
    if (!node)
        node = tree_new_node(loader, group, key, NODE_WORD);
    const char *name = node->name;
    struct node *next = node->next;
    *node = (struct node){.name = name, .type = NODE_WORD, .next = next, .origin = origin};
    node->text = str_of(loader_copy(loader, str_of(value)));
}

static char *lower(struct loader *loader, struct cw_str s)
{
    char *text = loader_copy(loader, s);
    for (char *c = text; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return text;
}

/* CAREWATCH_MQTT_CLIENT_ID=value: the section is up to the first underscore after the
 * prefix. Names of no section are somebody else's and stay unread. */
static void override_variable(struct loader *loader, const char *variable)
{
    const char *equals = strchr(variable, '=');
    const char *name = variable + strlen(ENVIRONMENT_PREFIX);
    if (!equals || equals < name)
        return;
    const char *under = memchr(name, '_', (size_t)(equals - name));
    if (!under || under + 1 == equals)
        return;
    const char *section = lower(loader, (struct cw_str){name, (size_t)(under - name)});
    if (!section_known(section))
        return;
    const char *key = lower(loader, (struct cw_str){under + 1, (size_t)(equals - under - 1)});
    const char *origin =
        loader_copy(loader, (struct cw_str){variable, (size_t)(equals - variable)});
    override_set(loader, section, key, equals + 1, origin);
}

void override_environment(struct loader *loader, char **environment)
{
    for (; environment && *environment; environment++) {
        if (strncmp(*environment, ENVIRONMENT_PREFIX, strlen(ENVIRONMENT_PREFIX)) == 0)
            override_variable(loader, *environment);
    }
}

static void override_setting(struct loader *loader, const char *setting)
{
    const char *equals = strchr(setting, '=');
    const char *dot = strchr(setting, '.');
    if (!equals || !dot || dot > equals || dot == setting || dot + 1 == equals) {
        mistake_at(loader, NULL, "-p %s: write -p section.key=value", setting);
        return;
    }
    const char *section =
        loader_copy(loader, (struct cw_str){setting, (size_t)(dot - setting)});
    const char *key = loader_copy(loader, (struct cw_str){dot + 1, (size_t)(equals - dot - 1)});
    if (!section_known(section)) {
        const char *nearest = nearest_section(section);
        mistake_at(loader, NULL, "-p %s.%s: no section %s with options%s%s%s", section, key,
                   section, nearest ? ", did you mean " : "", nearest ? nearest : "",
                   nearest ? "?" : "");
        return;
    }
    struct buf origin;
    buf_init(&origin, 256);
    buf_printf(&origin, "-p %s.%s", section, key);
    override_set(loader, section, key, equals + 1, loader_copy(loader, buf_str(&origin)));
    buf_done(&origin);
}

void override_command_line(struct loader *loader, const char *const *p, size_t n_p)
{
    for (size_t i = 0; i < n_p; i++)
        override_setting(loader, p[i]);
}
