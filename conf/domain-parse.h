/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the domain-parse-*.c files share the reading of a <domain>. Included by them only. */
#pragma once

#include "conf/domain-def.h"
#include "conf/xml.h"

/* Reads one element into @def. Errors: XML_ERROR, CONFIG_UNSUPPORTED naming element and line. */
typedef gboolean (*VirtCpuDomainParser)(VirtCpuDomainDef *def, xmlNode *node, GError **error);

/* Which parser reads which child. */
typedef struct {
    const char *name;
    VirtCpuDomainParser parse;
} VirtCpuDomainParserRow;

/* Give every child element of @node that @rows (ending in a NULL name) name to its parser, in
 * document order; others are left alone. */
gboolean virtcpu_domain_parse_children(VirtCpuDomainDef *def, xmlNode *node,
                                       const VirtCpuDomainParserRow *rows,
                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* <memoryBacking>. */
gboolean virtcpu_domain_parse_memory_backing(VirtCpuDomainDef *def, xmlNode *node,
                                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* <numatune>. */
gboolean virtcpu_domain_parse_numatune(VirtCpuDomainDef *def, xmlNode *node,
                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* <iothreads>. */
gboolean virtcpu_domain_parse_iothreads(VirtCpuDomainDef *def, xmlNode *node,
                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* <iothreadids>. */
gboolean virtcpu_domain_parse_iothread_ids(VirtCpuDomainDef *def, xmlNode *node,
                                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* <cputune> (NULL: none), after <vcpu>, <iothreads> and <iothreadids>, whatever stands first. */
gboolean virtcpu_domain_parse_cputune(VirtCpuDomainDef *def, xmlNode *node,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* <os>. Also OS_TYPE for another type than hvm. */
gboolean virtcpu_domain_parse_os(VirtCpuDomainDef *def, xmlNode *node,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* <features>. */
gboolean virtcpu_domain_parse_features(VirtCpuDomainDef *def, xmlNode *node,
                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* <clock>. */
gboolean virtcpu_domain_parse_clock(VirtCpuDomainDef *def, xmlNode *node,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* <devices>. */
gboolean virtcpu_domain_parse_devices(VirtCpuDomainDef *def, xmlNode *node,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* <serial> or <console>, into the array of its kind. */
gboolean virtcpu_domain_parse_chardev(VirtCpuDomainDef *def, xmlNode *node,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* <disk>. */
gboolean virtcpu_domain_parse_disk(VirtCpuDomainDef *def, xmlNode *node,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* <graphics>. */
gboolean virtcpu_domain_parse_graphics(VirtCpuDomainDef *def, xmlNode *node,
                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* <interface>. */
gboolean virtcpu_domain_parse_net(VirtCpuDomainDef *def, xmlNode *node,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* <controller>, in its place among those of its type. */
gboolean virtcpu_domain_parse_controller(VirtCpuDomainDef *def, xmlNode *node,
                                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* <audio>. */
gboolean virtcpu_domain_parse_audio(VirtCpuDomainDef *def, xmlNode *node,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* <video>. */
gboolean virtcpu_domain_parse_video(VirtCpuDomainDef *def, xmlNode *node,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A new device of @kind in @def for element @node (transfer none). */
gpointer virtcpu_domain_new_device(VirtCpuDomainDef *def, VirtCpuDeviceKind kind, xmlNode *node);

/* What all devices have, from the children <alias>, <boot> and <address> of @node, each if it is
 * there. Errors also: XML_ERROR for a boot order 0. */
gboolean virtcpu_domain_parse_info(xmlNode *node, VirtCpuDeviceInfo *info,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* CONFIG_UNSUPPORTED: attribute or element @what of @node has the value @value, which virtcpu does
 * not run. Always returns FALSE. */
gboolean virtcpu_domain_refuse(xmlNode *node, const char *what, const char *value, GError **error);

/* Attribute @name of @node, which must be one of @words, into @value (transfer full); NULL when
 * absent, which CONFIG_UNSUPPORTED tells when @required, as it does another word. */
gboolean virtcpu_domain_parse_word(xmlNode *node, const char *name, const VirtCpuWords *words,
                                   gboolean required, char **value,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Attribute @name of @node, a list of CPUs, into @cpus (freed first; transfer full) in its shortest
 * form; NULL when it is absent. Errors: XML_ERROR, also when @required and absent. */
gboolean virtcpu_domain_parse_cpus(xmlNode *node, const char *name, gboolean required, char **cpus,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Attribute @name of @node by @words, left alone when absent. XML_ERROR for another word. */
gboolean virtcpu_domain_parse_tristate(xmlNode *node, const char *name, const VirtCpuWords *words,
                                       VirtCpuTristate *value,
                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* As virtcpu_xml_attribute_uint, for one that 0 is no value of. Errors also: CONFIG_UNSUPPORTED for
 * 0. */
gboolean virtcpu_domain_parse_positive(xmlNode *node, const char *name, gboolean required,
                                       unsigned *value, GError **error) G_GNUC_WARN_UNUSED_RESULT;
