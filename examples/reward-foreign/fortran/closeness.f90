! SPDX-License-Identifier: Apache-2.0
! The reward of ../c in Fortran: bind(c) and value make it callable as C would call it.
!
! Build: gfortran -O2 -fPIC -shared closeness.f90 -o libcloseness.so
module closeness_of_answers
    use, intrinsic :: iso_c_binding
    implicit none
    private

contains

    ! 1 at the reference, falling to 0 at `reach` away from it; 0 where the response has no number.
    ! Not a number, which Emend takes for an error, where the reference has none.
    real(c_double) function closeness(response, response_len, reference, reference_len, reach) &
            bind(c, name="closeness_fortran") result(score)
        use, intrinsic :: ieee_arithmetic, only: ieee_value, ieee_quiet_nan
        integer(c_size_t), value :: response_len, reference_len
        character(kind=c_char), intent(in) :: response(response_len), reference(reference_len)
        real(c_double), value :: reach
        real(c_double) :: answer, right

        score = 0
        if (.not. last_number(reference, right)) then
            score = ieee_value(score, ieee_quiet_nan)
        else if (last_number(response, answer)) then
            score = max(0.0_c_double, 1 - abs(answer - right) / reach)
        end if
    end function closeness

    ! The last decimal number of a text, in `number`; false where there is none.
    logical function last_number(text, number) result(is_found)
        character(kind=c_char), intent(in) :: text(:)
        real(c_double), intent(out) :: number
        real(c_double) :: unit
        integer :: i, first, last

        number = 0
        last = size(text)
        do while (last > 0)
            if (is_digit(text(last))) exit
            last = last - 1
        end do
        is_found = last > 0
        if (.not. is_found) return
        first = last
        do while (first > 1)
            if (.not. (is_digit(text(first - 1)) .or. text(first - 1) == '.')) exit
            first = first - 1
        end do
        unit = 0 ! 0 before the point; behind it what the next digit counts
        do i = first, last
            if (text(i) == '.') then
                unit = 0.1_c_double
            else if (unit > 0) then
                number = number + unit * (iachar(text(i)) - iachar('0'))
                unit = unit / 10
            else
                number = 10 * number + (iachar(text(i)) - iachar('0'))
            end if
        end do
        if (first > 1) then
            if (text(first - 1) == '-') number = -number
        end if
    end function last_number

    logical function is_digit(c)
        character(kind=c_char), intent(in) :: c
        is_digit = c >= '0' .and. c <= '9'
    end function is_digit

end module closeness_of_answers
