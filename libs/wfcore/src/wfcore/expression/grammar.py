"""The grammar, for lark's LALR parser.

Operators stand in flat chains: precedence is settled when the tree is built, which keeps the tables small and a
parse short.
"""

GRAMMAR = r"""
start: expression

?expression: chain
           | chain QUESTION chain COLON expression            -> conditional

?chain: unary
      | unary (operator unary)+                               -> operations
operator: OPERATOR | MINUS

?unary: member
      | NOT unary                                             -> negated
      | MINUS unary                                           -> negated

?member: primary
       | member DOT NAME                                      -> field
       | member DOT QUESTION NAME                             -> optional_field
       | member DOT NAME LPAR RPAR                            -> method
       | member DOT NAME LPAR arguments RPAR                  -> method
       | member LSQB expression RSQB                          -> index
       | member LSQB QUESTION expression RSQB                 -> optional_index

?primary: NAME                                                -> name
        | WORD                                                -> word
        | NUMBER                                              -> number
        | STRING                                              -> string
        | NAME LPAR RPAR                                      -> function
        | NAME LPAR arguments RPAR                            -> function
        | LPAR expression RPAR                                -> group
        | LSQB RSQB                                           -> list_of
        | LSQB elements RSQB                                  -> list_of
        | LSQB elements COMMA RSQB                            -> list_of
        | LBRACE RBRACE                                       -> map_of
        | LBRACE entries RBRACE                               -> map_of
        | LBRACE entries COMMA RBRACE                         -> map_of

arguments: expression (COMMA expression)*
elements: element | elements COMMA element
element: expression | QUESTION expression
entries: entry | entries COMMA entry
entry: expression COLON expression | QUESTION expression COLON expression

%declare NAME WORD NUMBER STRING OPERATOR MINUS NOT
%declare DOT COMMA COLON QUESTION LPAR RPAR LSQB RSQB LBRACE RBRACE
"""
