/*
 * contact.c - see contact.h.
 */
#include "base/contact.h"

#include <string.h>

bool contact_is_phone(struct cw_str text)
{
    size_t n_digits = 0;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        bool is_digit = c >= '0' && c <= '9';
        bool between = (c == ' ' || c == '-') && i > 0 && i + 1 < text.n;
        if (!is_digit && !between && !(c == '+' && i == 0))
            return false;
        n_digits += is_digit;
    }
    return text.n <= MAX_PHONE && n_digits >= 3;
}

bool contact_is_email(struct cw_str text)
{
    static const char good[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                               "0123456789.!#$%&'*+/=?^_`{|}~-@[]:";
    size_t n_at = 0, at = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (!memchr(good, text.p[i], sizeof(good) - 1))
            return false;
        if (text.p[i] != '@')
            continue;
        n_at++;
        at = i;
    }
    return text.n <= MAX_EMAIL && n_at == 1 && at > 0 && at + 1 < text.n;
}
