/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Family, model and stepping: CPUID leaf 1 EAX. */
#pragma once

#include <glib.h>

typedef struct {
    unsigned family, model, stepping;
} X86Stepping;

/* Fields of @eax as Intel and AMD define them: the extended ones are added in. */
X86Stepping x86_stepping_from_eax(guint32 eax);

/* The inverse; bits no field has room for are cut off. */
guint32 x86_stepping_to_eax(const X86Stepping *stepping);

/* One signature of a model: a family, a model number and the steppings it covers. */
typedef struct {
    guint16 family;
    guint16 model;
    guint16 steppings; /* bit N: stepping N */
} X86Signature;

/* TRUE when one of @n @signatures covers @stepping. */
gboolean x86_signatures_match(const X86Signature *signatures, gsize n, const X86Stepping *stepping);
