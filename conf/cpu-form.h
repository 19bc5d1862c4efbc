/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a guest's CPU stands on QEMU's command line, and where a definition says so:
 *
 *     <metadata>
 *       <virtcpu:cpu xmlns:virtcpu='https://virtcpu.org/xmlns/cpu/1.0' form='named'>
 *         <virtcpu:property name='min-level' value='13'/>
 *       </virtcpu:cpu>
 *     </metadata>
 *
 * <metadata> is the one place where libvirt and its tools carry what they do not know unchanged;
 * each namespace has one element there. */
#pragma once

#include "conf/json.h"
#include "conf/words.h"

#define VIRTCPU_CPU_NAMESPACE "https://virtcpu.org/xmlns/cpu/1.0"

/* Most properties a definition may set, and the longest value. */
#define VIRTCPU_CPU_MAX_PROPERTIES     1024
#define VIRTCPU_CPU_MAX_PROPERTY_BYTES 256

typedef enum {
    VIRTCPU_CPU_FORM_DEFAULT,  /* nothing is said: the daemon's default */
    VIRTCPU_CPU_FORM_EXPLICIT, /* a model without content and every property by name */
    VIRTCPU_CPU_FORM_NAMED,    /* a model's name and what differs from it, as libvirt writes it */
    VIRTCPU_CPU_FORM_LAST,
} VirtCpuCpuForm;

/* "explicit" and "named" by VirtCpuCpuForm; "default" is never written. */
extern const VirtCpuWords virtcpu_cpu_form_words;

/* What the text of a <metadata> element (NULL: none) asks for: the form, and the CPU properties of
 * QEMU's that the definition sets besides all that <cpu> has words for, as an object of bools ("on"
 * and "off"), numbers and texts (transfer full); NULL when there are none. Errors: XML_ERROR;
 * CONFIG_UNSUPPORTED for what the namespace does not have. Any thread. */
gboolean virtcpu_cpu_form_parse(const char *metadata, VirtCpuCpuForm *form,
                                VirtCpuJson **properties, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* @metadata (may be NULL), which was read before, asking for @form (DEFAULT: it is not named) and
 * @properties (may be NULL) instead, all else unchanged (transfer full). Any thread. */
char *virtcpu_cpu_form_record(const char *metadata, VirtCpuCpuForm form,
                              const VirtCpuJson *properties) G_GNUC_WARN_UNUSED_RESULT;
