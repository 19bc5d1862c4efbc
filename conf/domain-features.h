/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What may stand in <features>: one table for reading and writing. */
#pragma once

#include <glib.h>

/* What a feature element carries. */
typedef enum {
    VIRTCPU_FEATURE_FLAG,  /* stands there or not; @attribute, on or off, is a feature of its own */
    VIRTCPU_FEATURE_STATE, /* state= */
    VIRTCPU_FEATURE_VALUE, /* state= and @attribute */
} VirtCpuFeatureKind;

typedef struct {
    const char *name; /* VirtCpuFeatureDef.name; "group/element" below <hyperv> and <kvm> */
    VirtCpuFeatureKind kind;
    const char *attribute; /* or NULL */
} VirtCpuFeatureRow;

/* Elements that may stand directly in <features>, for VirtCpuXmlRule. */
#define VIRTCPU_DOMAIN_FEATURE_ELEMENTS "acpi apic pae hyperv kvm pvspinlock pmu vmport smm"

/* The row named @name, or NULL. Any thread. */
const VirtCpuFeatureRow *virtcpu_domain_feature_row(const char *name);

/* Row number @index in libvirt's order of writing; NULL behind the last. Any thread. */
const VirtCpuFeatureRow *virtcpu_domain_feature_row_at(gsize index);
