import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { VerdictKind } from "../../../src/model/index.ts";
import { go } from "../route.ts";
import { VERDICT_WORDS } from "../words.ts";

/** One row or column of the grid. */
export interface Axis {
  head: ComponentChildren;
  /** What the head says, as text. */
  name: string;
  address: string;
}

export interface GridProps {
  label: string;
  corner: string;
  rowCount: number;
  columnCount: number;
  /** Asked for what is seen only. */
  row: (index: number) => Axis;
  column: (index: number) => Axis;
  /** Summary at the end of each row, such as `5 of 6`. */
  total: (row: number) => ComponentChildren;
  totalName: string;
  verdict: (row: number, column: number) => VerdictKind | null;
  address: (row: number, column: number) => string;
  /** Cells of other verdicts step back; empty shows all alike. */
  wanted: readonly VerdictKind[];
  /** In pixels. */
  columnWidth: number;
  headWidth: number;
  headHeight: number;
}

export const ROW_HEIGHT = 28;
/** Rows and columns that are drawn beyond what is seen, so that scrolling does not show gaps. */
const BEYOND = 4;

interface Seen {
  top: number;
  left: number;
  width: number;
  height: number;
}

/**
 * A table of which only what is seen is drawn: 10,000 x 80 costs as much as one screen of it. Rows and cells are known by
 * their place on the screen, so that scrolling and filtering change elements instead of making new ones. It is one stop of the Tab
 * key; arrows or h j k l move within, Enter opens.
 */
export function Grid(props: GridProps) {
  const { rowCount, columnCount, columnWidth, headWidth, headHeight } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState<Seen>({ top: 0, left: 0, width: 1200, height: 700 });
  const [at, setAt] = useState({ row: 0, column: 0 });
  // Keys come faster than renders: each moves on from where the one before it led.
  const latest = useRef(at);
  const moved = useRef(false);
  const row = Math.min(at.row, rowCount - 1);
  const column = Math.min(at.column, columnCount - 1);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const look = () =>
      setSeen({
        top: element.scrollTop,
        left: element.scrollLeft,
        width: element.clientWidth,
        height: element.clientHeight,
      });
    look();
    const observer = new ResizeObserver(look);
    observer.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, []);
  useEffect(() => {
    if (!moved.current) return;
    // A key may have come since this was drawn: the focus moves once more when that is.
    if (at === latest.current) moved.current = false;
    scroller.current?.querySelector<HTMLElement>("[data-at]")?.focus({ preventScroll: true });
  });
  const move = (toRow: number, toColumn: number) => {
    const next = { row: clamp(toRow, rowCount), column: clamp(toColumn, columnCount) };
    moved.current = true;
    latest.current = next;
    setAt(next);
    const element = scroller.current;
    if (!element) return;
    const y = next.row * ROW_HEIGHT;
    const x = next.column * columnWidth;
    const [high, wide] = [
      element.clientHeight - headHeight - ROW_HEIGHT,
      element.clientWidth - headWidth - columnWidth - TOTAL_WIDTH,
    ];
    if (y < element.scrollTop) element.scrollTop = y;
    else if (y > element.scrollTop + high) element.scrollTop = y - high;
    if (x < element.scrollLeft) element.scrollLeft = x;
    else if (x > element.scrollLeft + wide) element.scrollLeft = x - Math.max(0, wide);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const row = clamp(latest.current.row, rowCount);
    const column = clamp(latest.current.column, columnCount);
    const page = Math.max(1, Math.floor((seen.height - headHeight) / ROW_HEIGHT) - 1);
    const to = {
      j: [row + 1, column],
      ArrowDown: [row + 1, column],
      k: [row - 1, column],
      ArrowUp: [row - 1, column],
      h: [row, column - 1],
      ArrowLeft: [row, column - 1],
      l: [row, column + 1],
      ArrowRight: [row, column + 1],
      PageDown: [row + page, column],
      PageUp: [row - page, column],
      Home: [row, 0],
      End: [row, columnCount - 1],
    }[event.key];
    if (to) {
      event.preventDefault();
      move(to[0] ?? 0, to[1] ?? 0);
    } else if (
      event.key === "Enter" &&
      event.target instanceof HTMLElement &&
      event.target.dataset["at"] !== undefined
    ) {
      event.preventDefault();
      go(props.address(row, column));
    }
  };
  const [firstRow, lastRow] = span(seen.top, seen.height - headHeight, ROW_HEIGHT, rowCount);
  const [firstColumn, lastColumn] = span(seen.left, seen.width - headWidth, columnWidth, columnCount);
  const drawnColumns = Array.from({ length: lastColumn - firstColumn }, (_, i) => props.column(firstColumn + i));
  const drawnRows = Array.from({ length: lastRow - firstRow }, (_, i) => props.row(firstRow + i));
  const before = firstColumn * columnWidth;
  const after = (columnCount - lastColumn) * columnWidth;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the cells within are what has the focus
    <div class="grid-scroll" ref={scroller} onKeyDown={onKeyDown}>
      <table
        class="grid"
        aria-label={props.label}
        aria-rowcount={rowCount + 1}
        aria-colcount={columnCount + 2}
        style={{ width: `${headWidth + columnCount * columnWidth + TOTAL_WIDTH}px` }}
      >
        <colgroup>
          <col style={{ width: `${headWidth}px` }} />
          {before > 0 && <col style={{ width: `${before}px` }} />}
          {drawnColumns.map((_, i) => (
            <col key={i} style={{ width: `${columnWidth}px` }} />
          ))}
          {after > 0 && <col style={{ width: `${after}px` }} />}
          <col style={{ width: `${TOTAL_WIDTH}px` }} />
        </colgroup>
        <thead>
          <tr style={{ height: `${headHeight}px` }} aria-rowindex={1}>
            <th scope="col" class="corner" aria-colindex={1}>
              {props.corner}
            </th>
            {before > 0 && <td class="gap" />}
            {drawnColumns.map(({ head, name, address }, i) => (
              <th key={i} scope="col" title={name} aria-colindex={firstColumn + i + 2}>
                <a href={address} tabIndex={-1}>
                  {head}
                </a>
              </th>
            ))}
            {after > 0 && <td class="gap" />}
            <th scope="col" class="total" aria-colindex={columnCount + 2}>
              {props.totalName}
            </th>
          </tr>
        </thead>
        <tbody>
          {firstRow > 0 && <tr class="gap" style={{ height: `${firstRow * ROW_HEIGHT}px` }} />}
          {drawnRows.map(({ head, name, address }, i) => (
            <tr key={i} aria-rowindex={firstRow + i + 2}>
              <th scope="row" title={name} aria-colindex={1}>
                <a href={address} tabIndex={-1}>
                  {head}
                </a>
              </th>
              {before > 0 && <td class="gap" />}
              {drawnColumns.map((shown, j) => (
                <Cell
                  key={j}
                  verdict={props.verdict(firstRow + i, firstColumn + j)}
                  wanted={props.wanted}
                  here={firstRow + i === row && firstColumn + j === column}
                  index={firstColumn + j + 2}
                  name={`${name}, ${shown.name}`}
                  address={props.address(firstRow + i, firstColumn + j)}
                />
              ))}
              {after > 0 && <td class="gap" />}
              <td class="total" aria-colindex={columnCount + 2}>
                {props.total(firstRow + i)}
              </td>
            </tr>
          ))}
          {lastRow < rowCount && <tr class="gap" style={{ height: `${(rowCount - lastRow) * ROW_HEIGHT}px` }} />}
        </tbody>
      </table>
    </div>
  );
}

export const TOTAL_WIDTH = 84;

const clamp = (n: number, length: number): number => Math.max(0, Math.min(length - 1, n));

function span(from: number, size: number, step: number, length: number): [number, number] {
  const first = Math.max(0, Math.min(length - 1, Math.floor(from / step)) - BEYOND);
  return [first, Math.min(length, Math.ceil((from + Math.max(0, size)) / step) + BEYOND)];
}

interface CellProps {
  verdict: VerdictKind | null;
  wanted: readonly VerdictKind[];
  here: boolean;
  index: number;
  name: string;
  address: string;
}

function Cell({ verdict, wanted, here, index, name, address }: CellProps) {
  const words = verdict === null ? null : VERDICT_WORDS[verdict];
  const aside = wanted.length > 0 && (verdict === null || !wanted.includes(verdict));
  return (
    <td class={`cell ${verdict ?? "none"}${aside ? " aside" : ""}`} aria-colindex={index}>
      <a
        href={address}
        tabIndex={here ? 0 : -1}
        data-at={here ? "" : undefined}
        aria-label={`${name}: ${words?.word ?? "no verdict"}`}
      >
        {words?.symbol ?? ""}
      </a>
    </td>
  );
}
