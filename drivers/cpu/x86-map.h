/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The x86 map: constants made from map/ at build time, and looking things up in them. */
#pragma once

#include "drivers/cpu/cpu.h"
#include "drivers/cpu/x86-set.h"
#include "drivers/cpu/x86-signature.h"

/* No feature: what a failed look-up gives, and the end of a list of features. */
#define X86_NO_FEATURE G_MAXUINT16

typedef struct {
    const char *name;      /* libvirt's: "Intel" */
    const char *string;    /* CPUID leaf 0: "GenuineIntel" */
    guint32 ebx, ecx, edx; /* the same as registers */
} X86Vendor;

/* A register that has feature bits. */
typedef struct {
    VirtCpuRegister reg;
    guint32 leaf, subleaf; /* leaf: the index of an MSR */
} X86Register;

typedef struct {
    const char *name;
    const char *qemu; /* NULL when QEMU has no such property */
    const char *const *aliases;
    guint16 reg; /* index of its X86Register */
    guint8 bit;
    gboolean migratable;
} X86Feature;

/* A row of a table sorted by name, and which row of another table it stands for. */
typedef struct {
    const char *name;
    guint16 index;
} X86Name;

typedef struct {
    const char *name;
    const char *family;
    guint16 version;
    const X86Vendor *vendor; /* NULL: any */
    gboolean decode_host, decode_guest, frozen;
    const X86Signature *signatures;
    gsize n_signatures;
    X86Set features;
    X86Set late; /* QEMU's model has these; the frozen definition came to know them later */
    const guint16
        *gone; /* once in the model, since then named explicitly; ends in X86_NO_FEATURE */
} X86Model;

/* How many there are of each. */
gsize x86_map_n_features(void);
/* Models. */
gsize x86_map_n_models(void);
/* Registers. */
gsize x86_map_n_registers(void);

/* Row @index of a table (transfer none), which must be below its count. */
const X86Feature *x86_map_feature(gsize index);
/* The model, oldest first. */
const X86Model *x86_map_model(gsize index);
/* The register. */
const X86Register *x86_map_register(gsize index);

/* The feature with spelling @name, libvirt's or an alias; X86_NO_FEATURE when unknown. */
guint16 x86_map_find_feature(const char *name);

/* The feature with libvirt's spelling @name only, as XML must have it. */
guint16 x86_map_find_feature_exact(const char *name);

/* The model @name, or NULL. */
const X86Model *x86_map_find_model(const char *name);

/* The vendor with libvirt's @name or CPUID string, or NULL. */
const X86Vendor *x86_map_find_vendor(const char *name);

/* The vendor that leaf 0 with these registers names, or NULL. */
const X86Vendor *x86_map_find_vendor_registers(guint32 ebx, guint32 ecx, guint32 edx);

/* Features that block migration. */
const X86Set *x86_map_non_migratable(void);

/* Highest x86-64 psABI level whose features @set has. */
VirtCpuAbiLevel x86_map_abi_level(const X86Set *set);

/* Slots of VirtCpuArchOps: what cpu.h says of the map. */
const char **x86_map_model_names(void) G_GNUC_WARN_UNUSED_RESULT;
/* Every name in map order. */
const char **x86_map_feature_names(void) G_GNUC_WARN_UNUSED_RESULT;
/* Names of the features in @set, map order, NULL-terminated (container transfer). */
const char **x86_map_set_names(const X86Set *set) G_GNUC_WARN_UNUSED_RESULT;
/* FALSE when unknown. */
gboolean x86_map_model_info(const char *name, VirtCpuModelInfo *info);
/* NULL when unknown. */
const char **x86_map_model_features(const char *name) G_GNUC_WARN_UNUSED_RESULT;
/* FALSE when unknown. */
gboolean x86_map_feature_info(const char *name, VirtCpuFeatureInfo *info);
