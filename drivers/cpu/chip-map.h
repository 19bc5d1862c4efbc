/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processors known by the number in one register (PVR, MIDR) and by a name, with no features of
 * their own: ppc64 and ARM. Constants made from map/ at build time. */
#pragma once

#include "drivers/cpu/cpu.h"

/* The register, masked, says this. */
typedef struct {
    guint32 value, mask;
} ChipId;

typedef struct {
    const char *name;
    const char *vendor;
    unsigned generation; /* of its compatibility mode; 0: it has none */
    const ChipId *ids;
    gsize n_ids;
    const char *const *legacy; /* older names of the same, NULL-terminated */
} ChipModel;

typedef struct {
    const char *reg;         /* the register: "pvr", "midr" */
    gboolean open;           /* QEMU knows models that are not here */
    const ChipModel *models; /* in libvirt's order */
    gsize n_models;
    const char *const *vendors;  /* NULL-terminated */
    const char *const *features; /* that a definition may name, NULL-terminated */
} ChipMap;

/* The model named @name (may be NULL), or which had that name once; NULL when unknown. */
const ChipModel *chip_map_find_model(const ChipMap *map, const char *name);

/* The model whose register says @id, or NULL. */
const ChipModel *chip_map_find_id(const ChipMap *map, guint32 id);

/* What cpu.h tells of the model named @name; FALSE, @info untouched, when unknown. */
gboolean chip_map_model_info(const ChipMap *map, const char *name, VirtCpuModelInfo *info);
