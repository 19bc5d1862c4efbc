/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/args.h"

#include <string.h>

/* Words of these characters alone mean the same quoted and bare. */
static const char plain_characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "0123456789_-+=./:,@%";

static void
append_word(GString *out, const char *word)
{
    g_autofree char *quoted = NULL;

    if (word[0] != '\0' && strspn(word, plain_characters) == strlen(word)) {
        g_string_append(out, word);
        return;
    }
    quoted = g_shell_quote(word);
    g_string_append(out, quoted);
}

char *
virtcpu_args_to_shell(char **environment, char **argv)
{
    g_autoptr(GString) out = g_string_new(NULL);

    for (char **variable = environment; *variable != NULL; variable++) {
        const char *value = strchr(*variable, '=');

        if (value == NULL) {
            continue;
        }
        g_string_append_len(out, *variable, value + 1 - *variable);
        append_word(out, value + 1);
        g_string_append(out, " \\\n");
    }
    for (char **word = argv; *word != NULL; word++) {
        /* an option starts a line, its value stays beside it */
        if (word != argv) {
            g_string_append(out, (*word)[0] == '-' && strlen(*word) > 1 ? " \\\n" : " ");
        }
        append_word(out, *word);
    }
    g_string_append_c(out, '\n');
    return g_string_free(g_steal_pointer(&out), FALSE);
}
