/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/cpu/x86-signature.h"

X86Stepping
x86_stepping_from_eax(guint32 eax)
{
    return (X86Stepping){
        .family = ((eax >> 20) & 0xff) + ((eax >> 8) & 0xf),
        .model = ((eax >> 12) & 0xf0) + ((eax >> 4) & 0xf),
        .stepping = eax & 0xf,
    };
}

guint32
x86_stepping_to_eax(const X86Stepping *stepping)
{
    unsigned family = MIN(stepping->family, 0xf);
    unsigned extended = MIN(stepping->family - family, 0xff);

    return extended << 20 | ((stepping->model >> 4) & 0xf) << 16 | family << 8 |
           (stepping->model & 0xf) << 4 | (stepping->stepping & 0xf);
}

gboolean
x86_signatures_match(const X86Signature *signatures, gsize n, const X86Stepping *stepping)
{
    for (gsize i = 0; i < n; i++) {
        if (signatures[i].family == stepping->family && signatures[i].model == stepping->model &&
            (signatures[i].steppings >> (stepping->stepping & 0xf) & 1) != 0) {
            return TRUE;
        }
    }
    return FALSE;
}
