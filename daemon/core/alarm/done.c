/*
 * done.c - a ring, searched from end to end: people give commands, not machines.
 */
#include "core/alarm/done.h"

#include "base/str.h"
#include "core/view/snapshot.h"

const struct done_command *done_find(const struct done *done, uint64_t key)
{
    for (uint32_t i = 0; key && i < MAX_DONE; i++) {
        if (done->command[i].key == key)
            return &done->command[i];
    }
    return NULL;
}

void done_add(struct done *done, uint64_t key, int code, const char *alarm)
{
    if (!key)
        return;
    struct done_command *command = &done->command[done->n++ % MAX_DONE];
    *command = (struct done_command){.key = key, .code = code};
    (void)str_copy(command->alarm, sizeof(command->alarm), str_of(alarm));
}

void done_save(const struct done *done, struct saver *saver)
{
    uint32_t n = done->n < MAX_DONE ? done->n : MAX_DONE;
    save_u32(saver, done->n);
    save_u32(saver, n);
    for (uint32_t i = 0; i < n; i++) {
        save_u64(saver, done->command[i].key);
        save_u32(saver, (uint32_t)done->command[i].code);
        save_str(saver, str_of(done->command[i].alarm));
    }
}

void done_load(struct done *done, struct loader *loader)
{
    *done = (struct done){.n = load_u32(loader)};
    uint32_t n = load_count(loader, 16);
    if (n > MAX_DONE || n > done->n)
        loader->failed = true;
    for (uint32_t i = 0; i < n && !loader->failed; i++) {
        done->command[i].key = load_u64(loader);
        done->command[i].code = (int32_t)load_u32(loader);
        load_field(loader, done->command[i].alarm, sizeof(done->command[i].alarm));
    }
}
