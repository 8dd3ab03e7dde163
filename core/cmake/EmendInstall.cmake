# SPDX-License-Identifier: Apache-2.0
# What an installation has beside the command and the plugins, and the package made of it all:
#
#     cmake --install build --prefix ~/.local
#     cd build && cpack -G DEB
include(CMakePackageConfigHelpers)
set(here ${CMAKE_CURRENT_LIST_DIR})
set(data ${CMAKE_INSTALL_DATAROOTDIR})
set(generated ${CMAKE_CURRENT_BINARY_DIR}/install)

# The SDK: headers, schemas, and what finds them.
set(EMEND_PROTO_DIR ${data}/emend/proto)
set(EMEND_PLUGIN_DIR ${EMEND_PLUGIN_INSTALL_DIR})
set(EMEND_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/emend)
set(EMEND_PROGRAM ${CMAKE_INSTALL_BINDIR}/emend)
file(RELATIVE_PATH EMEND_PC_TO_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" EMEND_PC_TO_PREFIX ${EMEND_PC_TO_PREFIX})
configure_file(${here}/emend.pc.in ${generated}/emend.pc @ONLY)
configure_package_config_file(${here}/emendConfig.cmake.in ${generated}/emendConfig.cmake
    INSTALL_DESTINATION ${EMEND_CMAKE_DIR} NO_CHECK_REQUIRED_COMPONENTS_MACRO
    PATH_VARS CMAKE_INSTALL_INCLUDEDIR EMEND_PROTO_DIR EMEND_PLUGIN_DIR EMEND_PROGRAM)
write_basic_package_version_file(${generated}/emendConfigVersion.cmake
    COMPATIBILITY SameMinorVersion)
install(DIRECTORY core/include/emend DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
    FILES_MATCHING PATTERN *.h PATTERN *.hpp)
install(DIRECTORY proto/emend DESTINATION ${EMEND_PROTO_DIR} FILES_MATCHING PATTERN *.proto)
install(FILES ${generated}/emendConfig.cmake ${generated}/emendConfigVersion.cmake
    ${here}/EmendPlugin.cmake ${here}/plugin.version DESTINATION ${EMEND_CMAKE_DIR})
install(FILES ${generated}/emend.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# Recipes, examples that build alone, and papers. An example finds the recipes by ../../manifests.
install(DIRECTORY manifests DESTINATION ${data}/emend FILES_MATCHING PATTERN *.textproto)
foreach(example algorithm-swap backend-reference reward-foreign task-own-data)
    install(DIRECTORY examples/${example} DESTINATION ${data}/emend/examples
        PATTERN build EXCLUDE)
endforeach()
install(FILES README.md LICENSE core/include/emend/CHANGES.md DESTINATION ${CMAKE_INSTALL_DOCDIR})

# The manual and the completions are what the command itself prints, so they say what it does.
set(manual ${generated}/emend.1)
set(pages ${manual})
add_custom_command(OUTPUT ${manual}
    COMMAND emend manual > ${manual} DEPENDS emend VERBATIM)
install(FILES ${manual} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
foreach(shell bash:bash-completion/completions:emend
        zsh:zsh/site-functions:_emend fish:fish/vendor_completions.d:emend.fish)
    string(REPLACE ":" ";" shell ${shell})
    list(GET shell 0 language)
    list(GET shell 1 folder)
    list(GET shell 2 name)
    set(script ${generated}/completion/${language}/${name})
    add_custom_command(OUTPUT ${script}
        COMMAND ${CMAKE_COMMAND} -E make_directory ${generated}/completion/${language}
        COMMAND emend completion ${language} > ${script} DEPENDS emend VERBATIM)
    list(APPEND pages ${script})
    install(FILES ${script} DESTINATION ${data}/${folder})
endforeach()
add_custom_target(emend_pages ALL DEPENDS ${pages})

set(CPACK_PACKAGE_NAME emend)
set(CPACK_PACKAGE_VENDOR Emend)
set(CPACK_PACKAGE_CONTACT "The Emend authors")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY ${PROJECT_DESCRIPTION})
set(CPACK_STRIP_FILES ON)
set(CPACK_GENERATOR DEB)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# Programs of HumanEval and MBPP run on it; a plugin is built with the rest.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS python3)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS
    "gcc, g++, make, cmake, pkg-config, protobuf-compiler, protobuf-c-compiler, libprotobuf-c-dev, check")
include(CPack)
