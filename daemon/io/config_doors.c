/*
 * config_doors.c - doors: journals that brokers beside the daemon write (doors.h), and which
 * broker is whose.
 */
#include <stddef.h>
#include <string.h>

#include "base/str.h"
#include "io/config_private.h"

#define AT(type, field) (uint32_t) offsetof(struct type, field)

const struct cw_option door_place_options[] = {
    {"name", CW_OPT_TEXT, AT(door_place, name), 0, 0, CW_REQUIRED,
     "an id; mqtt.door names it, and so do the records of the journal: it stays the same",
     NULL},
    {"dir", CW_OPT_TEXT, AT(door_place, dir), 0, 0, CW_REQUIRED,
     "folder of this door alone, the broker's plugin_opt_dir; both programs write there", NULL},
    {0},
};

static size_t door_index(const struct config *config, const char *name)
{
    size_t i = 0;
    while (i < config->n_doors && strcmp(config->door[i].name, name) != 0)
        i++;
    return i;
}

static void check_door(struct loader *loader, const struct node *item, const char *path,
                       const struct config *config, size_t i)
{
    const struct door_place *door = &config->door[i];
    if (node_child(item, "name") &&
        (!id_valid(str_of(door->name)) || strlen(door->name) > MAX_DOOR_NAME))
        mistake_at(loader, item, "%s.name is an id of at most %u letters, digits, _ . -", path,
                   MAX_DOOR_NAME);
    if (node_child(item, "dir") && door->dir[0] != '/')
        mistake_at(loader, item, "%s.dir begins at the root, not \"%.100s\"", path, door->dir);
    for (size_t j = 0; j < i; j++) {
        if (strcmp(config->door[j].name, door->name) == 0)
            mistake_at(loader, item, "there are two doors %.31s", door->name);
        else if (strcmp(config->door[j].dir, door->dir) == 0)
            mistake_at(loader, item, "%s.dir is the folder of another door", path);
    }
    if (strcmp(door->dir, config->journal.dir) == 0)
        mistake_at(loader, item, "%s.dir is the folder of our own journal", path);
}

static void look_at_door(struct loader *loader, struct config_whole *whole,
                         const struct node *item, const char *path, size_t i)
{
    whole->config.n_doors = i + 1;
    check_door(loader, item, path, &whole->config, i);
}

void config_read_doors(struct loader *loader, struct config_whole *whole)
{
    static const struct list_table doors = {.name = "doors",
                                            .options = door_place_options,
                                            .size = sizeof(struct door_place),
                                            .array_at = IN_CONFIG(door),
                                            .look = look_at_door};
    const struct node *list = list_read_table(loader, whole, &doors);
    if (list_length(list) > MAX_DOORS)
        mistake_at(loader, list, "doors: at most %u", MAX_DOORS);
}

/* A door's telemetry comes through it, and how its broker is by exactly one session. */
void config_check_broker_door(struct loader *loader, const struct node *item, const char *path,
                              const struct config *config,
                              const struct mqtt_broker_options *broker,
                              const struct node *owner[MAX_DOORS])
{
    if (!broker->door || !broker->door[0])
        return;
    for (const char *const *filter = broker->topics_events; filter && *filter; filter++) {
        const char *slash = strrchr(*filter, '/');
        if (slash && (strcmp(slash, "/#") == 0 || strcmp(slash, "/+") == 0))
            mistake_at(loader, node_child(item, "topics_events"),
                       "%s.topics_events: beside a door, name status and roster instead of "
                       "\"%.100s\"",
                       path, *filter);
    }
    size_t i = door_index(config, broker->door);
    if (i >= config->n_doors)
        mistake_at(loader, node_child(item, "door"), "%s.door: there is no door \"%.31s\"",
                   path, broker->door);
    else if (i < MAX_DOORS && owner[i])
        mistake_at(loader, node_child(item, "door"),
                   "%s.door: the door %.31s is another broker's already", path, broker->door);
    else if (i < MAX_DOORS)
        owner[i] = item;
}

/* Without its broker's session nobody would say that a door's sites are out of reach. */
void config_check_doors(struct loader *loader, const struct config *config,
                        const struct node *const owner[MAX_DOORS])
{
    for (size_t i = 0; i < config->n_doors && i < MAX_DOORS; i++) {
        if (!owner[i])
            mistake_at(loader, node_child(loader->root, "doors"),
                       "the door %.31s is no broker's: mqtt.door names it",
                       config->door[i].name);
    }
}
