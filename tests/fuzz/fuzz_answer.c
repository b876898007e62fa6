/*
 * fuzz_answer.c - what targets answer, through the one reader all robots use and each
 * notifier's judge.
 *
 * Held: nothing is read past the bytes; a member that is found lies inside them; who says no
 * says why; and "delivered" needs a status of success.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_find.h"
#include "base/mem.h"
#include "base/str.h"

extern const struct cw_plugin carewatch_plugin_notify_wecom;
extern const struct cw_plugin carewatch_plugin_notify_dingtalk;
extern const struct cw_plugin carewatch_plugin_notify_feishu;
extern const struct cw_plugin carewatch_plugin_notify_sms;
extern const struct cw_plugin carewatch_plugin_notify_webhook;

static const struct cw_plugin *const judges[] = {
    &carewatch_plugin_notify_wecom,   &carewatch_plugin_notify_dingtalk,
    &carewatch_plugin_notify_feishu,  &carewatch_plugin_notify_sms,
    &carewatch_plugin_notify_webhook,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const int32_t status[] = {0, 200, 204, 302, 400, 429, 500};
    char *copy = xmalloc(n ? n : 1);
    if (n)
        memcpy(copy, data, n);
    struct cw_str body = {copy, n}, value;
    if (json_find(body, "code", &value) && (value.p < copy || value.p + value.n > copy + n))
        BUG("a member outside of the text");
    for (size_t i = 0; i < sizeof(judges) / sizeof(judges[0]); i++) {
        void *self = xcalloc(1, judges[i]->self_size);
        for (size_t k = 0; k < sizeof(status) / sizeof(status[0]); k++) {
            struct cw_error err = {""};
            uint32_t outcome = judges[i]->ops.notifier->judge(self, status[k], body, &err);
            bool good = status[k] >= 200 && status[k] < 300;
            if (outcome == CW_DONE ? !good : err.text[0] == '\0')
                BUG("judged without reason");
        }
        free(self);
    }
    free(copy);
    return 0;
}
