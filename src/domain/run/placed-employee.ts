import type { Employee } from '../simulation/employees.ts';

/** An employee at a place in the population. */
export interface PlacedEmployee {
  readonly position: number;
  readonly employee: Employee;
}

/** The employees of a chunk of the population that begins at a position. */
export function placed(employees: readonly Employee[], firstPosition: number): PlacedEmployee[] {
  return employees.map((employee, i) => ({ position: firstPosition + i, employee }));
}
