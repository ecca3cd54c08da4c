# visor_program(NAME [ROOMS room...] [LIBS target...] [ALIASES name...])
# One folder of src/cmd/ as the program NAME in bin/, its main.cpp over all else in it as the room cmd_NAME, with
# ALIASES as symbolic links beside it; all of them installed. `ninja programs` builds every program and nothing else.
add_custom_target(programs)
function(visor_program name)
    cmake_parse_arguments(PROGRAM "" "" "ROOMS;LIBS;ALIASES" ${ARGN})
    visor_room(cmd_${name} ROOMS ${PROGRAM_ROOMS} LIBS ${PROGRAM_LIBS})
    add_executable(${name} main.cpp)
    target_link_libraries(${name} PRIVATE visor_cmd_${name})
    add_dependencies(programs ${name})
    install(TARGETS ${name} RUNTIME DESTINATION bin)
    foreach(alias IN LISTS PROGRAM_ALIASES)
        add_custom_command(TARGET ${name} POST_BUILD
                           COMMAND ${CMAKE_COMMAND} -E create_symlink ${name} ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/${alias})
        install(FILES ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/${alias} DESTINATION bin)
    endforeach()
endfunction()
