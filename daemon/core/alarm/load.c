/*
 * load.c - a ring of ten-second slots; what leaves it is forgotten.
 */
#include "core/alarm/load.h"

#include "core/view/snapshot.h"

static void forget_old(struct load *load, int64_t now_ns)
{
    int64_t newest = now_ns / LOAD_SLOT_NS;
    int64_t passed = newest - load->newest;
    if (passed <= 0)
        return;
    for (int64_t i = 1; i <= passed && i <= LOAD_SLOTS; i++) {
        uint32_t *slot = &load->slot[(load->newest + i) % LOAD_SLOTS];
        load->lately -= *slot;
        *slot = 0;
    }
    load->newest = newest;
}

void load_advance(struct load *load, int64_t now_ns, int64_t operators)
{
    int64_t each = operators > 0 ? operators : 1;
    forget_old(load, now_ns);
    if (!load->flood && load->lately >= FLOOD_BEGINS * each) {
        load->flood = true;
        load->flood_ns = now_ns;
        load->n_floods++;
    } else if (load->flood && load->lately < FLOOD_ENDS * each) {
        load->flood = false;
        load->flooded_ns += now_ns - load->flood_ns;
    }
}

void load_note(struct load *load, int64_t now_ns, int64_t operators)
{
    forget_old(load, now_ns);
    load->slot[load->newest % LOAD_SLOTS]++;
    load->lately++;
    load->n_presented++;
    load_advance(load, now_ns, operators);
}

void load_save(const struct load *load, struct saver *saver)
{
    for (int i = 0; i < LOAD_SLOTS; i++)
        save_u32(saver, load->slot[i]);
    save_i64(saver, load->newest);
    save_u8(saver, load->flood);
    save_i64(saver, load->flood_ns);
    save_u64(saver, load->n_floods);
    save_i64(saver, load->flooded_ns);
    save_u64(saver, load->n_presented);
}

void load_load(struct load *load, struct loader *loader)
{
    *load = (struct load){.lately = 0};
    for (int i = 0; i < LOAD_SLOTS; i++)
        load->lately += load->slot[i] = load_u32(loader);
    load->newest = load_i64(loader);
    load->flood = load_u8(loader);
    load->flood_ns = load_i64(loader);
    load->n_floods = load_u64(loader);
    load->flooded_ns = load_i64(loader);
    load->n_presented = load_u64(loader);
    if (load->newest < 0)
        loader->failed = true;
}
